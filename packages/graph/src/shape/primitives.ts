// The shape rule of every primitive.
import * as E from "fp-ts/lib/Either.js";
import { plus, product, type Shape, sameDim, sameShape, showDim, showShape } from "../dim.ts";
import type { Node } from "../expr.ts";
import type { PrimitiveTable } from "../table.ts";
import { alike, broadcasted, misfit, ok, onAxis, replaced, type ShapeArgs, type Shaped, when } from "./misfit.ts";

type One = readonly [Shape];
type Two = readonly [Shape, Shape];

const same = (_: unknown, inputs: readonly Shape[]): Shaped => ok((inputs as One)[0]);
const pairwise = (_: unknown, inputs: readonly Shape[]): Shaped => broadcasted(...(inputs as Two));

const reduced = ({ params }: Node<"sum" | "max">, inputs: readonly Shape[]): Shaped => {
  const [x] = inputs as One;
  return onAxis(params.axis, x, (index) => ok(replaced(x, index, 1)));
};

const contracted = (_: unknown, inputs: readonly Shape[]): Shaped => {
  const [a, b] = inputs as Two;
  const last = [...a.slice(-2, -1), ...b.slice(-1)];
  return a.length < 2 || b.length < 2 || !alike(a.at(-1), b.at(-2))
    ? misfit("[…, i, k] and […, k, j]", `${showShape(a)} and ${showShape(b)}`)
    : E.map((lead: Shape) => [...lead, ...last])(broadcasted(a.slice(0, -2), b.slice(0, -2)));
};

const regrouped = ({ params: { rank, to } }: Node<"reshape">, inputs: readonly Shape[]): Shaped => {
  const [x] = inputs as One;
  if (!Number.isInteger(rank) || rank < 0 || x.length < rank) return misfit(`at least ${rank} axes`, showShape(x));
  const [lead, from] = [x.slice(0, x.length - rank), x.slice(x.length - rank)];
  return when(sameDim(product(from), product(to)), [...lead, ...to], `as many elements as ${showShape(to)}`, [from]);
};

const reordered = ({ params: { order } }: Node<"transpose">, inputs: readonly Shape[]): Shaped => {
  const [x] = inputs as One;
  const named = order.every((_, i) => order.includes(-1 - i));
  return order.length <= x.length && named
    ? ok([...x.slice(0, x.length - order.length), ...order.flatMap((axis) => x.at(axis) ?? [])])
    : misfit(`an order of the axes -1 … -${order.length}`, `[${order.join(", ")}] for ${showShape(x)}`);
};

const repeated = ({ params: { to } }: Node<"broadcast">, inputs: readonly Shape[]): Shaped => {
  const [x] = inputs as One;
  return E.chain((out: Shape) =>
    when(sameShape(out.slice(out.length - to.length), to), out, `a shape that broadcasts to ${showShape(to)}`, [x]),
  )(broadcasted(x, to));
};

/** What symbolic starts and sizes must be is checked when a run says what the symbols are: bounds.ts. */
const cut = ({ params: { axis, start, size } }: Node<"slice">, inputs: readonly Shape[]): Shaped => {
  const [x] = inputs as One;
  return onAxis(axis, x, (index, whole) => {
    const end = plus(start, size);
    const outside = typeof end === "number" && typeof whole === "number" && end > whole;
    const odd = typeof start === "number" && !(Number.isInteger(start) && start >= 0);
    return outside || odd
      ? misfit(`a range within ${showDim(whole)}`, `${showDim(start)} … ${showDim(end)}`)
      : ok(replaced(x, index, size));
  });
};

const joined = ({ params: { axis } }: Node<"concat">, inputs: readonly Shape[]): Shaped => {
  const [first] = inputs;
  if (first === undefined) return misfit("at least one input", "none");
  return onAxis(axis, first, (index) => {
    const fits = inputs.every(
      (s) => s.length === first.length && sameShape(replaced(s, index), replaced(first, index)),
    );
    const total = inputs.reduce((sum, s) => plus(sum, s[index] ?? 0), 0 as Shape[number]);
    return when(fits, replaced(first, index, total), `inputs alike but for axis ${axis}`, inputs);
  });
};

const literal = ({ params: { shape, values } }: Node<"constant">): Shaped => {
  const count = shape.reduce((a, b) => a * b, 1);
  return values.length === count ? ok(shape) : misfit(`${count} values`, `${values.length}`);
};

export const primitiveShapes: PrimitiveTable<ShapeArgs, Shaped> = {
  input: ({ params }) => ok(params.shape),
  weight: ({ params }) => ok(params.shape),
  constant: literal,
  iota: ({ params }) => ok([params.size]),
  size: () => ok([]),
  neg: same,
  exp: same,
  log: same,
  sqrt: same,
  sin: same,
  cos: same,
  tanh: same,
  erf: same,
  roundF32: same,
  freeze: same,
  add: pairwise,
  sub: pairwise,
  mul: pairwise,
  div: pairwise,
  maximum: pairwise,
  less: pairwise,
  equal: pairwise,
  where: (_, inputs) => {
    const [condition, a, b] = inputs as readonly [Shape, Shape, Shape];
    return E.chain((either: Shape) => broadcasted(condition, either))(broadcasted(a, b));
  },
  sum: reduced,
  max: reduced,
  matmul: contracted,
  reshape: regrouped,
  transpose: reordered,
  broadcast: repeated,
  slice: cut,
  concat: joined,
  gather: ({ params }, inputs) => {
    const [x, index] = inputs as Two;
    return onAxis(params.axis, x, (i) => ok(replaced(x, i, ...index)));
  },
  scatterAdd: ({ params: { axis, size } }, inputs) => {
    const [x, index] = inputs as Two;
    const behind = -1 - axis;
    const lead = x.length - index.length - behind;
    const fits = Number.isInteger(axis) && axis < 0 && lead >= 0;
    const own = fits && sameShape(x.slice(lead, lead + index.length), index);
    const wanted = `the index's axes with ${behind} behind them, and the index`;
    return when(own, [...x.slice(0, Math.max(0, lead)), size, ...x.slice(x.length - behind)], wanted, [x, index]);
  },
};
