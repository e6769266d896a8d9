// A causal model for texts that come in pieces: the keys and values of earlier tokens are inputs, those of the piece are
// further outputs, positions begin behind the past. Any model's graph goes in; what it computes for a token stays the same.
//
// No tensor is empty in this language, and a text has to begin: the first row of every past is a blank that is cut off
// again. So P, the rows of the past, is one more than the tokens before, and one graph serves the first piece (P = 1) and
// every later one, whatever their sizes.
//
//   keys [T, K, F]  becomes  (past [P, K, F] ++ keys) without its first row: [P + T - 1, K, F]
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type Dim, dim, minus, plus, type Shape, sameDim, showDim, symbolsOf, times, valueOf } from "../dim.ts";
import { type Fault, fault } from "../error.ts";
import { at, type Expr, type Graph, nameOf, unnamed, withInputs } from "../expr.ts";
import { check, type Shapes } from "../shape.ts";
import { leavesOf } from "../sizes.ts";
import { add, concat, input, size, slice } from "../syntax.ts";
import { nodesOf, rewrite } from "../traverse.ts";
import { tokenFaults } from "./tokenwise.ts";

/** The symbols of a cached graph: T tokens of a piece, P rows of the past. */
const [TOKENS, PAST] = ["T", "P"];

/** Keys or values of one layer. */
export type CacheEntry = {
  /** The input `[P, …row]`: a blank row, then a row for every earlier token. */
  readonly input: string;
  /** The output `[T, …row]`: the rows of the piece. */
  readonly output: string;
  /** `[K, F]`. */
  readonly row: Shape;
};

export type Cached = {
  /** The outputs of the source, of the piece's tokens, and those of the cache. */
  readonly graph: Graph;
  readonly cache: readonly CacheEntry[];
  /**
   * Whether something depends on how many tokens there are in all, as rotary frequencies may. Then what was computed for the
   * earlier tokens does not hold for a longer text: each piece has to be the whole text.
   */
  readonly growing: boolean;
};

/**
 * Makes a graph take a text in pieces. Faults (tag `cache`): every node that looks at other tokens and is not attention, a
 * graph that has other uses for the symbol P, a misshapen one.
 */
export const cached = (source: Graph): E.Either<readonly Fault[], Cached> =>
  pipe(
    E.right(source),
    E.filterOrElse(
      (graph) => !namesPast(graph),
      (): readonly Fault[] => [fault("cache", "graph", `no inputs with the symbol ${PAST}`, "one", "rename it")],
    ),
    E.chain(check),
    E.map((shapes) => withPast(source, shapes)),
    E.chainFirst((made) =>
      pipe(
        check(made.graph),
        E.chain((shapes) => {
          const faults = [...tokenFaults(made.graph, shapes, TOKENS, PAST), ...countFaults(source)];
          return faults.length > 0 ? E.left(faults) : E.right(undefined);
        }),
      ),
    ),
  );

const namesPast = (graph: Graph): boolean =>
  leavesOf(graph).some(({ params }) => params.shape.some((d) => symbolsOf(d).includes(PAST)));

const ofTokens = (d: Dim): boolean => symbolsOf(d).includes(TOKENS);

/** How many numbers a token has in an axis that counts tokens, or several of each: c of c·T. */
const perToken = (d: Dim): number => valueOf(d, { [TOKENS]: 1 });

/** Counts of tokens that the past cannot be put before. */
const countFaults = (graph: Graph): readonly Fault[] =>
  nodesOf(graph).flatMap((n) => {
    const count = n.op === "iota" ? n.params.size : n.op === "size" ? n.params.of : 0;
    const wanted = n.op === "iota" ? times(perToken(count), TOKENS) : dim(TOKENS);
    return !ofTokens(count) || sameDim(count, wanted)
      ? []
      : [fault("cache", nameOf(n), showDim(wanted), showDim(count), `write it with ${TOKENS} alone`)];
  });

/** The tokens before a piece, and all up to its end. */
const before = minus(PAST, 1);
const all = plus(before, TOKENS);

/** The past in front of the rows of a piece, without its blank row. */
const behindPast = (name: string, row: Shape, rows: Expr): Expr =>
  slice(-1 - row.length, 1, all)(concat(-1 - row.length, input(name, [PAST, ...row]), rows));

/** Which input of an attention op is kept, and under which name. */
const kept: Readonly<Record<string, string>> = { attentionWeights: "keys", attend: "values" };

const withPast = (source: Graph, shapes: Shapes): Cached => {
  const cache: CacheEntry[] = [];
  const pieces: Record<string, Expr> = {};
  const extended = new Map<Expr, Expr>();
  let growing = false;
  const extend = (what: string, old: Expr, now: Expr): Expr => {
    const known = extended.get(old);
    if (known !== undefined) return known;
    const count = cache.filter(({ output }) => output.startsWith(what)).length;
    const entry = {
      input: `past ${what} ${count}`,
      output: `${what} ${count}`,
      row: (shapes.get(old) as Shape).slice(1),
    };
    cache.push(entry);
    pieces[entry.output] = now;
    const whole = behindPast(entry.input, entry.row, now);
    extended.set(old, whole);
    return whole;
  };
  /** Whether an axis counts something else than tokens, as the rows of a table of positions do. */
  const isTable = ({ inputs: [x] }: Expr, axis: number): boolean => !ofTokens(shapes.get(x as Expr)?.at(axis) ?? 0);
  const graph = rewrite(source, (now, old) => {
    if (now.op === "iota" && ofTokens(now.params.size))
      return moved(now, add(unnamed(now), size(times(perToken(now.params.size), before))));
    if (now.op === "size" && ofTokens(now.params.of)) {
      growing = true;
      return moved(now, size(all));
    }
    if (now.op === "slice" && ofTokens(now.params.size) && isTable(old, now.params.axis))
      return moved(now, sliceBehind(now));
    const what = kept[now.op];
    if (what === undefined) return now;
    const [first, second] = now.inputs as readonly [Expr, Expr];
    return withInputs(now, [first, extend(what, old.inputs[1] as Expr, second)]);
  });
  return { graph: { ...graph, ...pieces }, cache, growing };
};

/** The rows of a table that are those of a piece's tokens. */
const sliceBehind = ({ params: { axis, start, size: count }, inputs: [x] }: Expr & { readonly op: "slice" }): Expr =>
  slice(axis, plus(start, times(perToken(count), before)), count)(x as Expr);

const moved = (old: Expr, now: Expr): Expr => (old.site === undefined ? now : at(old.site)(now));
