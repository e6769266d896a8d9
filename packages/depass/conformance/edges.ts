// The jump that the published code has below token level (calls.ts, `lastAsRemainder`), as a run can be told it and asked about
// it: its edge is an input for each neuron, and the gate inputs that are held against it are outputs.
import {
  at,
  type Dim,
  type Expr,
  f32,
  findSite,
  type Graph,
  input,
  leavesOf,
  type Rule,
  slice,
  type Tensor,
  type Tensors,
  toF64,
} from "@depass/graph";
import { EDGE, lastAsRemainder } from "./calls.ts";

/** Of each place with MLP neurons, by its name, one number for each token's neurons, `[T, I]`. */
export type ByGate = Readonly<Record<string, Float64Array>>;

/** A gate input near its edge, and on which side it is taken instead. */
export type Turn = {
  readonly place: string;
  readonly index: number;
  readonly value: number;
  /** How far off it may be for rounding alone. */
  readonly slack: number;
  /** Whether it counts as an input now. */
  readonly counts: boolean;
};

const EDGE_INPUT = "edge of ";
const edgeName = (place: string): string => `${EDGE_INPUT}${place}`;
const gatesName = (place: string): string => `gates of ${place}`;

/** An edge that no gate input reaches, and one that each does. */
const NEVER = 1e30;
const ALWAYS = 0;

/**
 * How far from the truth expected values are, as measured on the tiny checkpoints: a relative error of 1e-6 in the norm, for
 * the published code turns to float32 in places (docs/conformance.md).
 */
const NOISE = 1e-6;

/** A rule as it is below token level, with inputs for its edges; `key` tells those of several decompositions apart. */
export const withEdges = (rule: Rule, key: string, neurons: Dim): Rule => ({
  ...rule,
  split: (gateParts, whole, layout) => {
    const place = `${key} ${whole.site}`;
    const edge = input(edgeName(place), [whole.tokens, neurons]);
    return lastAsRemainder(rule, edge).split(at(gatesName(place))(gateParts), whole, layout);
  },
});

/** The places of a graph that have an edge. */
export const placesOf = (graph: Graph): readonly string[] =>
  leavesOf(graph).flatMap(({ op, params: { name } }) =>
    op === "input" && name.startsWith(EDGE_INPUT) ? [name.slice(EDGE_INPUT.length)] : [],
  );

/** Outputs for the gate inputs `[1, T, I]` of the last of `named` parts. */
export const gateOutputs = (graph: Graph, named: number): Graph => {
  const last = slice(-3, named - 1, 1);
  return Object.fromEntries(
    placesOf(graph).map((place) => [gatesName(place), last(findSite(graph, gatesName(place)) as Expr)]),
  );
};

export const gatesIn = (out: Tensors, places: readonly string[]): ByGate =>
  Object.fromEntries(places.map((p) => [p, toF64(out[gatesName(p)] as Tensor)]));

/** As published, but for what is turned. */
export const edgesWith = (places: readonly string[], count: number, turns: readonly Turn[]): ByGate =>
  Object.fromEntries(
    places.map((place) => {
      const own = turns.filter((turn) => turn.place === place);
      const edges = new Float64Array(count).fill(EDGE);
      for (const { index, counts } of own) edges[index] = counts ? ALWAYS : NEVER;
      return [place, edges];
    }),
  );

/** Edges that decide, whatever the gate inputs of a run, as these gate inputs do under these edges. */
export const decidedBy = (gates: ByGate, edges: ByGate): ByGate =>
  Object.fromEntries(
    Object.entries(gates).map(([place, values]) => [
      place,
      values.map((g, i) => (Math.abs(g) < (edges[place]?.[i] as number) ? NEVER : ALWAYS)),
    ]),
  );

export const edgeInputs = (edges: ByGate, tokens: number): Tensors =>
  Object.fromEntries(Object.entries(edges).map(([p, e]) => [edgeName(p), f32([tokens, e.length / tokens], e)]));

const rootMeanSquare = (values: Float64Array): number =>
  Math.sqrt(values.reduce((sum, g) => sum + g * g, 0) / values.length);

/** Gate inputs that are not farther from the published edge than the noise of their place, nearest first. */
export const turnsNear = (gates: ByGate): readonly Turn[] =>
  Object.entries(gates)
    .flatMap(([place, values]) => {
      const slack = NOISE * rootMeanSquare(values);
      const near = [...values.keys()].filter((i) => Math.abs(Math.abs(values[i] as number) - EDGE) <= slack);
      return near.map((index): Turn => {
        const value = values[index] as number;
        return { place, index, value, slack, counts: Math.abs(value) < EDGE };
      });
    })
    .sort((a, b) => distance(a) - distance(b));

/** From the edge, in units of what rounding may do. */
const distance = ({ value, slack }: Turn): number => Math.abs(Math.abs(value) - EDGE) / slack;

/** `attn.0 layers.11.mlp.post, token 2, neuron 329: -1.0198e-5 ± 6.6e-7 beside 1.0e-5`. */
export const showTurn = ({ place, index, value, slack }: Turn, neurons: number): string =>
  `${place}, token ${Math.floor(index / neurons)}, neuron ${index % neurons}: ${value.toExponential(4)} ` +
  `± ${slack.toExponential(1)} beside ${EDGE.toExponential(1)}`;
