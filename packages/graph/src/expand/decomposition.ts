// The meaning of what decompose() and pack() put into a graph: seeds, sums into one part, shares, packed rows.
import { type Dim, plus, type Shape, times } from "../dim.ts";
import { type Expr, node } from "../expr.ts";
import type { Ops, Shares, Special } from "../op.ts";
import { rowCount } from "../rows.ts";
import * as s from "../syntax.ts";
import { type Expansions, indexAlong, MASKED } from "./shared.ts";

/** Composites that only a decomposition has. */
export type DecompositionName =
  | "tokenParts"
  | "addToPart"
  | "split"
  | "tokenRows"
  | "seedRows"
  | "attendRows"
  | "addToRows"
  | "splitRows"
  | "partsAt"
  | "unpackRows";

/** A remainder's gate input smaller than this counts as no input (published DePass code, `epsilon`). */
export const REMAINDER_EPSILON = 1e-5;

type XY = readonly [Expr, Expr];

const not = (x: Expr): Expr => s.sub(1, x);
const magnitude = (x: Expr): Expr => s.maximum(x, s.neg(x));

/**
 * The parts' gate inputs as the published code conditions them (method.md): part 0 has 1 at token 0 and, when
 * ignored, 0 elsewhere; a remainder below epsilon has 0; where every part has 0 the remainder has 1. `token`: the number of
 * each row's token, `[T, 1]`, where these are not all in order.
 */
export const conditioned = (gate: Expr, shape: Shape, special: Special, remainder: Dim, token?: Expr): Expr => {
  const [parts, tokens] = shape as readonly [Dim, Dim];
  const part = indexAlong(parts, 2);
  const first = s.equal(part, 0);
  const atFirst = s.equal(token ?? indexAlong(tokens, 1), 0);
  const rest = s.equal(part, s.size(remainder));
  const seen = special === "ignore" ? s.where(first, 0, gate) : gate;
  const kept = s.where(s.mul(first, atFirst), 1, seen);
  const sure = s.where(s.mul(rest, s.less(magnitude(kept), REMAINDER_EPSILON)), 0, kept);
  const silent = s.equal(s.max(-3)(magnitude(sure)), 0);
  return s.where(s.mul(rest, silent), 1, sure);
};

/** How much each part weighs, by its conditioned gate input; what is absent weighs nothing. Shares are weights over their sum. */
type Weigh = (g: Expr, present: Expr, temperature: number, isRemainder: Expr) => Expr;

const weights: Readonly<Record<Shares, Weigh>> = {
  softmax: (g, present, temperature) => {
    const scaled = s.where(present, s.div(g, temperature), MASKED);
    return s.where(present, s.exp(s.sub(scaled, s.max(-3)(scaled))), 0);
  },
  max: (g, present) => s.where(present, s.equal(g, s.max(-3)(s.where(present, g, MASKED))), 0),
  relu: (g, _, __, isRemainder) => {
    const positive = s.maximum(g, 0);
    return s.where(s.mul(isRemainder, s.equal(s.max(-3)(positive), 0)), 1, positive);
  },
  linear: (g, present) => {
    const least = s.neg(s.max(-3)(s.where(present, s.neg(g), MASKED)));
    const above = s.where(present, s.sub(g, least), 0);
    return s.where(s.equal(s.max(-3)(above), 0), present, above);
  },
};

const sharesOf = (g: Expr, shape: Shape, { shares, temperature, remainder }: Ops["split"]): Expr => {
  const isRemainder = s.equal(indexAlong(shape[0] as Dim, 2), s.size(remainder));
  const weight = weights[shares](g, not(s.equal(g, 0)), temperature, isRemainder);
  return s.div(weight, s.sum(-3)(weight));
};

/** Numbers of tokens, `[count]`. */
export type Places = { readonly index: Expr; readonly count: Dim };

/** (gate parts, neurons): split of some tokens, `[…, M, P, I], [P, I]`; `shape`: that of all gates; `tokens`: their numbers, `[P]`. */
export const splitAt = (gate: Expr, neurons: Expr, shape: Shape, params: Ops["split"], tokens: Places): Expr => {
  const own = shape.slice(-3);
  const token = s.reshape(1, [tokens.count, 1])(s.gather(-1, tokens.index)(s.iota(own[1] as Dim)));
  return s.mul(sharesOf(conditioned(gate, own, params.special, params.remainder, token), own, params), neurons);
};

type Packed = { readonly tokens: Dim; readonly extras: number };

/** First row of token n: n(n+1)/2 + n·extras. */
const firstRows = (n: Expr, extras: number): Expr => s.add(s.div(s.mul(n, s.add(n, 1)), 2), s.mul(n, extras));

/** `[R]`: which token each packed row belongs to, by counting the tokens that begin at or before it. */
const tokenOfRow = ({ tokens, extras }: Packed): Expr => {
  const row = s.iota(rowCount(tokens, extras));
  const begun = s.less(firstRows(indexAlong(tokens, 1), extras), s.add(row, 0.5));
  return s.sub(s.reshape(2, [rowCount(tokens, extras)])(s.sum(-2)(begun)), 1);
};

/** `[R]`: which part each packed row is; extras are the parts T, T+1, …. */
const partOfRow = (p: Packed): Expr => {
  const token = tokenOfRow(p);
  const place = s.sub(s.iota(rowCount(p.tokens, p.extras)), firstRows(token, p.extras));
  return s.where(s.less(token, place), s.add(s.sub(place, s.add(token, 1)), s.size(p.tokens)), place);
};

const partCount = (p: Packed): Dim => plus(p.tokens, p.extras);

/** `[T + extras, T, …] → [R, …]`. */
const packed = (dense: Expr, rest: Shape, p: Packed): Expr => {
  const index = s.add(s.mul(partOfRow(p), s.size(p.tokens)), tokenOfRow(p));
  const flat = s.reshape(2 + rest.length, [times(partCount(p), p.tokens), ...rest])(dense);
  return s.gather(-1 - rest.length, index)(flat);
};

/** `[R, …] → [T + extras, T, …]`; where a part cannot reach, a row of zeros behind the others is read. */
const unpacked = (rows: Expr, rest: Shape, p: Packed): Expr => {
  const count = rowCount(p.tokens, p.extras);
  const part = indexAlong(partCount(p), 1);
  const token = s.iota(p.tokens);
  const named = s.where(s.less(token, part), s.size(count), s.add(firstRows(token, p.extras), part));
  const extra = s.add(s.add(firstRows(token, p.extras), s.add(token, 1)), s.sub(part, s.size(p.tokens)));
  const index = s.where(s.less(part, s.size(p.tokens)), named, extra);
  const zeros = s.broadcast([1, ...rest])(s.scalar(0));
  return s.gather(-1 - rest.length, index)(s.concat(-1 - rest.length, rows, zeros));
};

const rest = (shape: Shape | undefined): Shape => shape?.slice(1) ?? [];

export const decompositionExpansions: Expansions<DecompositionName> = {
  tokenParts: ({ params, inputs: [x] }, [shape]) => {
    const tokens = (shape as Shape)[0] as Dim;
    return s.where(s.equal(indexAlong(plus(tokens, params.extras), 2), indexAlong(tokens, 1)), x as Expr, 0);
  },
  addToPart: ({ params, inputs }, [shape]) => {
    const [parts, c] = inputs as XY;
    return s.add(
      parts,
      s.where(
        s.equal(indexAlong((shape as Shape).at(-1 - params.rank) as Dim, params.rank), s.size(params.part)),
        c,
        0,
      ),
    );
  },
  split: ({ params, inputs }, [shape]) => {
    const [gate, neurons] = inputs as XY;
    const own = (shape as Shape).slice(-3);
    const g = conditioned(gate, own, params.special, params.remainder);
    return s.mul(sharesOf(g, own, params), neurons);
  },

  tokenRows: ({ params, inputs: [x] }, [shape]) => s.gather(-(shape as Shape).length, tokenOfRow(params))(x as Expr),
  seedRows: ({ params, inputs: [x] }, [shape]) =>
    packed(node("tokenParts", { extras: params.extras }, x as Expr), rest(shape), params),
  attendRows: ({ params, inputs }, [weights, v]) => {
    const [, groups, columns] = v as readonly [Dim, Dim, Dim];
    const dense = node("attend", {}, inputs[0] as Expr, unpacked(inputs[1] as Expr, [groups, columns], params));
    return packed(dense, [(weights as Shape)[0] as Dim, columns], params);
  },
  addToRows: ({ params, inputs }, [shape]) => {
    const [rows, c] = inputs as XY;
    const part = plus(params.tokens, params.part);
    const dense = node("addToPart", { part, rank: (shape as Shape).length }, unpacked(rows, rest(shape), params), c);
    return packed(dense, rest(shape), params);
  },
  splitRows: ({ params, inputs }, [shape]) => {
    const [gate, neurons] = inputs as XY;
    const { shares, temperature, special, tokens } = params;
    const remainder = plus(tokens, params.remainder);
    const dense = unpacked(gate, rest(shape), params);
    return packed(node("split", { shares, temperature, special, remainder }, dense, neurons), rest(shape), params);
  },
  partsAt: ({ params, inputs }, [shape]) => {
    const [rows, position] = inputs as XY;
    return s.gather(-(shape as Shape).length, position)(unpacked(rows, rest(shape), params));
  },
  unpackRows: ({ params, inputs: [rows] }, [shape]) => unpacked(rows as Expr, rest(shape), params),
};
