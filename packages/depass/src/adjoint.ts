// The adjoint mode: under a rule that is linear (taylor), the decomposed pass is a linear map of its seed, so one pass
// backwards from the target gives, at every site at once, what each part of the value there supplies: tokens at every layer,
// heads, modules and neurons. It costs about a forward and a backward pass, however many parts there are.
import {
  at,
  type Expr,
  type Fault,
  findSite,
  type Graph,
  gradientName,
  input,
  linearised,
  mul,
  prune,
  type Rule,
  reshape,
  type Seed,
  scalar,
  share,
  simplify,
  sitesOf,
  sum,
  type Tensor,
  type Tensors,
  toF64,
  topological,
  vjp,
  withConstantsTimes,
} from "@depass/graph";
import { type Architecture, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { flow, pipe } from "fp-ts/lib/function.js";
import { answerOutputs, streamFrom } from "./explanation.ts";
import type { ScoresFrom } from "./level.ts";
import { type Reading, readingOf } from "./reading.ts";
import { isComponent } from "./result.ts";

/** Scores of everything at once. Layers are the outer index; a part of the token level begins as its state enters a layer. */
export type AllScores = {
  /** `[L + 1][T]`: from the state entering each layer, and entering the last norm. */
  readonly tokens: readonly (readonly number[])[];
  /** `[L][H]`. */
  readonly heads: readonly (readonly number[])[];
  /** `[L]`: what the attention of a layer adds. */
  readonly attention: readonly number[];
  /** `[L]`: what the MLP of a layer adds. */
  readonly mlp: readonly number[];
  /** `[L][I]`; empty for layers that have no neurons at one place, such as experts. */
  readonly neurons: readonly (readonly number[])[];
  /** `[L]`: the state entering a layer, by all ways but its attention; NaN in parallel layers. */
  readonly besideAttention: readonly number[];
  /** `[L]`: the state that a layer's MLP reads, by all ways but this MLP; NaN where there is no such state. */
  readonly besideMlp: readonly number[];
  /** What the model's constants supply behind the sites that were asked for; undefined where there are none. */
  readonly bias: number | undefined;
  /** The parts of a seed of one's own, and all of the state that they are parts of. */
  readonly own?: { readonly parts: readonly number[]; readonly whole: number };
};

/** How a value's product with its gradient becomes scores: which axes are summed over. */
type Place = { readonly site: string; readonly value: string; readonly axes: readonly number[] };

const [EACH_TOKEN, ALL] = [[-1], [-1, -2]] as const;

/** Every place that is scored, by the name of its output; `value` is the site whose value meets the gradient at `site`. */
const placesOf = (architecture: Architecture): Readonly<Record<string, Place>> => {
  const stream = streamFrom(architecture, 0);
  const layers = layersOf(architecture);
  const entry = (name: string, place: string, axes: readonly number[], value = place) =>
    [name, { site: place, value, axes }] as const;
  const all = [
    ...stream.map((place, l) => entry(`tokens ${l}`, place, EACH_TOKEN)),
    ...layers.flatMap((l) => [
      entry(`heads ${l}`, site.attnZ(l), [-1, -3]),
      entry(`attention ${l}`, site.attnOut(l), ALL),
      entry(`mlp ${l}`, site.mlpOut(l), ALL),
      entry(`neurons ${l}`, site.mlpPost(l), [-2]),
      entry(`besideAttention ${l}`, site.residMid(l), ALL, site.residPre(l)),
      entry(`besideMlp ${l}`, stream[l + 1] as string, ALL, site.residMid(l)),
    ]),
  ];
  const known = new Set(sitesOf({ normed: architecture.normed }));
  const fits = (name: string, { site: place, value }: Place): boolean =>
    known.has(place) && known.has(value) && !(name.startsWith("besideAttention") && isParallel(architecture));
  return Object.fromEntries(all.filter(([name, place]) => fits(name, place)));
};

/** Whether the MLP reads the state before the attention: then the state behind it is not all that the attention adds to. */
const isParallel = ({ normed }: Architecture): boolean => {
  const [mlp, middle] = [site.mlpOut(0), site.residMid(0)].map((name) => findSite({ normed }, name));
  return mlp !== undefined && middle !== undefined && !topological([mlp]).includes(middle);
};

const [DIRECTION, CONSTANTS, OWN, OWN_WHOLE] = ["direction", "constants", "own", "own whole"];

/** The sites at which a seed's parts begin. */
export const beginnings = ({ site: first, also = [] }: Seed): readonly string[] => [first, ...also.map((p) => p.site)];

/** The last state, as the model reads it. */
const lastState = (architecture: Architecture) => readingOf(architecture, site.residFinal);

type Written = {
  readonly architecture: Architecture;
  readonly outputs: Graph;
  readonly rule: Rule;
  readonly begun: readonly string[];
  readonly own: Seed | undefined;
};

/** The scores of a seed's parts, `[M, 1, 1]`, and of the state that they are parts of. */
const ownScores = (graph: Graph, { site: place, parts }: Seed, { normed }: Architecture): Graph => {
  const [gradient, whole] = [graph[gradientName(place)] as Expr, graph[place] as Expr];
  const all = (x: Expr): Expr => sum(-1)(sum(-2)(mul(gradient, x)));
  const valueAt = (name: string): Expr => (findSite(graph, name) ?? findSite({ normed }, name)) as Expr;
  return { [OWN]: all(parts(whole, valueAt)), [OWN_WHOLE]: all(whole) };
};

/** The gradients of `normed` along `direction` at every place, met with the values there. */
const written = ({ architecture, outputs, rule, begun, own }: Written): E.Either<readonly Fault[], Graph> => {
  const places = placesOf(architecture);
  const score = reshape(2, [])(sum(-1)(mul(outputs.normed as Expr, input(DIRECTION, [architecture.hidden]))));
  const sites = [
    ...new Set([...Object.values(places).flatMap((p) => [p.site, p.value]), ...(own === undefined ? [] : [own.site])]),
  ];
  const found = Object.fromEntries(
    sites.map((name) => [name, findSite({ normed: architecture.normed }, name) as Expr]),
  );
  return pipe(
    linearised({ score, ...outputs, ...found }, rule),
    E.chain(withConstantsTimes({ from: begun, to: "score" }, at(CONSTANTS)(scalar(1)))),
    E.chain((graph) =>
      vjp(graph, {
        of: ["score"],
        wrt: findSite(graph, CONSTANTS) === undefined ? sites : [...sites, CONSTANTS],
        keep: [...Object.keys(outputs), ...sites],
        frozen: true,
      }),
    ),
    E.map((graph) => ({
      ...Object.fromEntries(Object.keys(outputs).map((name) => [name, graph[name] as Expr])),
      // Each constant is there once: the derivative by what multiplies them all is what they supply together.
      ...prune([gradientName(CONSTANTS)])(graph),
      ...Object.fromEntries(
        Object.entries(places).map(([name, p]) => {
          const product = mul(graph[gradientName(p.site)] as Expr, graph[p.value] as Expr);
          return [name, p.axes.reduce((x, axis) => sum(axis)(x), product)];
        }),
      ),
      ...(own === undefined ? {} : ownScores(graph, own, architecture)),
    })),
  );
};

/**
 * Inputs `tokens [T]`, `position [1]` and `direction [D]`; outputs `logits`, `normed`, what the logits are before a softcap,
 * the scores of every place for what is read (default: the last state), and `grad.constants`, that of the constants behind the sites
 * in `begun`, if there are any; and `own` `[M, 1, 1]`, the scores of a seed of one's own. Places that what is read is not made of have
 * scores of 0. Faults: a rule that is not linear, no such
 * site.
 */
export const adjointGraph = (
  architecture: Architecture,
  rule: Rule,
  begun: readonly string[],
  read: E.Either<readonly Fault[], Reading> = lastState(architecture),
  own?: Seed,
): E.Either<readonly Fault[], Graph> =>
  pipe(
    read,
    E.chain(({ kind, normed }) => E.map((own: Expr) => answerOutputs(architecture, { kind, own }))(normed)),
    E.chain((outputs) => written({ architecture, outputs, rule, begun, own })),
    E.chain(flow(share, simplify)),
  );

/** Whether it tells those of a seed of one's own: parts of one state of the stream, which begin there and nowhere else. */
export const isToldByItself = ({ normed }: Architecture, { site: place, also = [], tokenLevel }: Seed): boolean =>
  !tokenLevel && also.length === 0 && !isComponent(place) && findSite({ normed }, place) !== undefined;

/** Whether one pass backwards tells all parts of a level in this model: where layers are parallel there are fewer places. */
export const isTold = (architecture: Architecture, scoresFrom: ScoresFrom): boolean => {
  const known = placesOf(architecture);
  const one = (kind: string) => layersOf(architecture).map((l) => (`${kind} ${l}` in known ? 0 : Number.NaN));
  const [none, modules] = [layersOf(architecture).map(() => []), { attention: one("attention"), mlp: one("mlp") }];
  const beside = { besideAttention: one("besideAttention"), besideMlp: one("besideMlp") };
  const all: AllScores = { tokens: [...none, []], heads: none, neurons: none, ...modules, ...beside, bias: undefined };
  return !scoresFrom(all, []).includes(Number.NaN);
};

const layersOf = ({ layers }: Architecture): readonly number[] => Array.from({ length: layers }, (_, l) => l);

/** The outputs of adjointGraph() as scores. */
export const scoresIn = (architecture: Architecture, outputs: Tensors): AllScores => {
  const values = (name: string): readonly number[] =>
    outputs[name] === undefined ? [] : [...toF64(outputs[name] as Tensor)];
  const layers = layersOf(architecture);
  const one = (kind: string): readonly number[] => layers.map((l) => values(`${kind} ${l}`)[0] ?? Number.NaN);
  return {
    tokens: [...layers, architecture.layers].map((l) => values(`tokens ${l}`)),
    heads: layers.map((l) => values(`heads ${l}`)),
    attention: one("attention"),
    mlp: one("mlp"),
    neurons: layers.map((l) => values(`neurons ${l}`)),
    besideAttention: one("besideAttention"),
    besideMlp: one("besideMlp"),
    bias: values(gradientName(CONSTANTS))[0],
    ...(outputs[OWN] === undefined ? {} : { own: { parts: values(OWN), whole: values(OWN_WHOLE)[0] as number } }),
  };
};
