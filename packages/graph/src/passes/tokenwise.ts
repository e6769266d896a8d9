// Does a graph take each token by itself, but for attention? Then a text can be run in pieces, with the keys and values of
// what came before (cached.ts). One row for each op: what of it would reach over to other tokens.
//
// An axis counts tokens if its size has the tokens' symbol and not that of the past: the axis of keys, which is whole in every
// piece, has both.
import { type Dim, product, type Shape, sameDim, symbolsOf } from "../dim.ts";
import { type Fault, fault } from "../error.ts";
import { type Expr, type Graph, type Node, nameOf } from "../expr.ts";
import type { Shapes } from "../shape.ts";
import { applyRow, type Table } from "../table.ts";
import { nodesOf } from "../traverse.ts";

type Context = {
  readonly shape: Shape;
  readonly inputs: readonly Shape[];
  /** Whether a size counts the tokens of a piece. */
  readonly counts: (d: Dim | undefined) => boolean;
};
/** What the op does to tokens that only the whole text allows; absent where there is nothing. */
type Reach = string | undefined;

const none = (): Reach => undefined;

const along = (d: Dim | undefined, { counts }: Context, what: string): Reach => (counts(d) ? what : undefined);

const reduced = ({ params: { axis } }: Node<"sum" | "max">, c: Context): Reach =>
  along(c.inputs[0]?.at(axis), c, "one number of all tokens");

const lastAxis = (_: unknown, c: Context): Reach =>
  c.inputs.some((shape) => c.counts(shape.at(-1))) ? "a row across tokens" : undefined;

const contracted = (_: unknown, c: Context): Reach =>
  along(c.inputs[0]?.at(-1), c, "a product across tokens") ?? along(c.inputs[1]?.at(-2), c, "a product across tokens");

/** Tokens stay the same rows: as many numbers stand before them. */
const regrouped = ({ params: { rank, to } }: Node<"reshape">, c: Context): Reach => {
  const from = (c.inputs[0] as Shape).slice((c.inputs[0] as Shape).length - rank);
  const [a, b] = [from, to].map((shape) => shape.findIndex(c.counts)) as [number, number];
  if (a < 0 && b < 0) return undefined;
  return a >= 0 && b >= 0 && sameDim(product(from.slice(0, a)), product(to.slice(0, b)))
    ? undefined
    : "tokens laid out anew";
};

const inside = (): Reach => "parts, which have a pass of their own";

const reaches: Table<readonly [context: Context], Reach> = {
  input: none,
  weight: none,
  constant: none,
  iota: none,
  size: none,
  neg: none,
  exp: none,
  log: none,
  sqrt: none,
  sin: none,
  cos: none,
  tanh: none,
  erf: none,
  roundF32: none,
  freeze: none,
  add: none,
  sub: none,
  mul: none,
  div: none,
  maximum: none,
  less: none,
  equal: none,
  where: none,
  sum: reduced,
  max: reduced,
  matmul: contracted,
  reshape: regrouped,
  transpose: none,
  broadcast: none,
  slice: ({ params }, c) => along(c.inputs[0]?.at(params.axis), c, "tokens by their number"),
  concat: ({ params }, c) => along(c.shape.at(params.axis), c, "rows before or behind the tokens"),
  gather: ({ params }, c) => along(c.inputs[0]?.at(params.axis), c, "tokens by their number"),
  scatterAdd: ({ params }, c) =>
    along(params.size, c, "tokens by their number") ??
    (c.inputs[1]?.some(c.counts) === true ? "a sum over tokens" : undefined),
  linear: lastAxis,
  softmax: lastAxis,
  logSumExp: lastAxis,
  rmsScale: lastAxis,
  layerScale: lastAxis,
  rmsNorm: lastAxis,
  layerNorm: lastAxis,
  activate: none,
  gated: none,
  rope: none,
  attentionWeights: none,
  topK: lastAxis,
  toExperts: none,
  fromExperts: none,
  attend: none,
  tokenParts: inside,
  addToPart: inside,
  split: inside,
  tokenRows: inside,
  seedRows: inside,
  attendRows: inside,
  addToRows: inside,
  splitRows: inside,
  partsAt: inside,
  unpackRows: inside,
};

/** Every node at which a piece of a text would give something else than the whole text. */
export const tokenFaults = (graph: Graph, shapes: Shapes, tokens: string, past: string): readonly Fault[] => {
  const counts = (d: Dim | undefined): boolean =>
    d !== undefined && symbolsOf(d).includes(tokens) && !symbolsOf(d).includes(past);
  return nodesOf(graph).flatMap((n: Expr) => {
    const [shape, inputs] = [shapes.get(n) as Shape, n.inputs.map((x) => shapes.get(x) as Shape)];
    const reach = applyRow(reaches, n, { shape, inputs, counts });
    const twice = shape.filter(counts).length > 1 ? "every token beside every other" : undefined;
    const found = reach ?? twice;
    return found === undefined ? [] : [fault("cache", nameOf(n), "an op that takes each token by itself", found, NEXT)];
  });
};

const NEXT = "only attentionWeights and attend may look at other tokens where a text is run in pieces";
