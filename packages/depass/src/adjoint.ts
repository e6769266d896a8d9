// The adjoint mode: under a rule that is linear (taylor), the decomposed pass is a linear map of its seed, so one pass
// backwards from the target gives, at every site at once, what each part of the value there supplies: tokens at every layer,
// heads, modules and neurons. It costs about a forward and a backward pass, however many parts there are.
import {
  decompose,
  type Expr,
  type Fault,
  findSite,
  type Graph,
  gradientName,
  input,
  linearised,
  mul,
  type Rule,
  reshape,
  share,
  simplify,
  sitesOf,
  sum,
  type Tensor,
  type Tensors,
  toF64,
  tokenSeed,
  topological,
  vjp,
} from "@depass/graph";
import { type Architecture, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { flow, pipe } from "fp-ts/lib/function.js";
import { atPosition, explainedOutput, streamFrom } from "./explanation.ts";

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
};

/** How a value's product with its gradient becomes scores: which axes are summed over. */
type Place = { readonly site: string; readonly value: string; readonly axes: readonly number[] };

const [EACH_TOKEN, ALL] = [[-1], [-1, -2]] as const;

/** Every place that is scored, by the name of its output; `value` is the site whose value meets the gradient at `site`. */
const placesOf = (architecture: Architecture): Readonly<Record<string, Place>> => {
  const stream = streamFrom(architecture, 0);
  const layers = Array.from({ length: architecture.layers }, (_, l) => l);
  const at = (name: string, place: string, axes: readonly number[], value = place) =>
    [name, { site: place, value, axes }] as const;
  const all = [
    ...stream.map((place, l) => at(`tokens ${l}`, place, EACH_TOKEN)),
    ...layers.flatMap((l) => [
      at(`heads ${l}`, site.attnZ(l), [-1, -3]),
      at(`attention ${l}`, site.attnOut(l), ALL),
      at(`mlp ${l}`, site.mlpOut(l), ALL),
      at(`neurons ${l}`, site.mlpPost(l), [-2]),
      at(`besideAttention ${l}`, site.residMid(l), ALL, site.residPre(l)),
      at(`besideMlp ${l}`, stream[l + 1] as string, ALL, site.residMid(l)),
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

const DIRECTION = "direction";

/**
 * Inputs `tokens [T]`, `position [1]` and `direction [D]`; outputs `logits`, `normed`, what the logits are before a softcap,
 * and the scores of every place. Faults: a rule that is not linear.
 */
export const adjointGraph = (architecture: Architecture, rule: Rule): E.Either<readonly Fault[], Graph> => {
  const places = placesOf(architecture);
  const normed = atPosition(architecture.normed);
  const score = reshape(2, [])(sum(-1)(mul(normed, input(DIRECTION, [architecture.hidden]))));
  const outputs = {
    logits: architecture.unembed(normed),
    [explainedOutput(architecture)]: architecture.explained(normed),
    normed,
  };
  const sites = [...new Set(Object.values(places).flatMap((p) => [p.site, p.value]))];
  const found = Object.fromEntries(sites.map((name) => [name, findSite({ normed }, name) as Expr]));
  return pipe(
    linearised({ score, ...outputs, ...found }, rule),
    E.chain((graph) =>
      vjp(graph, { of: ["score"], wrt: sites, keep: [...Object.keys(outputs), ...sites], frozen: true }),
    ),
    E.map((graph) => ({
      ...Object.fromEntries(Object.keys(outputs).map((name) => [name, graph[name] as Expr])),
      ...Object.fromEntries(
        Object.entries(places).map(([name, p]) => {
          const product = mul(graph[gradientName(p.site)] as Expr, graph[p.value] as Expr);
          return [name, p.axes.reduce((x, axis) => sum(axis)(x), product)];
        }),
      ),
    })),
    E.chain(flow(share, simplify)),
  );
};

/** Whether the model has constants that no part supplies: the adjoint mode then tells them only by difference. */
export const hasBiases = (architecture: Architecture, rule: Rule): boolean => {
  const found = decompose({ normed: architecture.normed }, { seed: tokenSeed(site.residPre(0)), rule });
  return E.isRight(found) && found.right.layout.bias !== undefined;
};

/** The outputs of adjointGraph() as scores. */
export const scoresIn = (architecture: Architecture, outputs: Tensors): AllScores => {
  const values = (name: string): readonly number[] =>
    outputs[name] === undefined ? [] : [...toF64(outputs[name] as Tensor)];
  const layers = Array.from({ length: architecture.layers }, (_, l) => l);
  const one = (kind: string): readonly number[] => layers.map((l) => values(`${kind} ${l}`)[0] ?? Number.NaN);
  return {
    tokens: [...layers, architecture.layers].map((l) => values(`tokens ${l}`)),
    heads: layers.map((l) => values(`heads ${l}`)),
    attention: one("attention"),
    mlp: one("mlp"),
    neurons: layers.map((l) => values(`neurons ${l}`)),
    besideAttention: one("besideAttention"),
    besideMlp: one("besideMlp"),
  };
};
