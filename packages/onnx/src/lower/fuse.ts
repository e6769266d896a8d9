// Nodes that become one ONNX node together: a linear map with what is added to it (Gemm's C), the largest magnitude
// (ReduceMax and ReduceMin instead of |x|), a range of several axes. What only the fused node reads is then never computed.
import { type Expr, type Graph, nodesOf, type Shape, type Shapes, sameDim, uses } from "@depass/graph";
import type { Value } from "./builder.ts";
import { type Routed, routedByMaps, stackedMaps } from "./experts.ts";
import { axisOf, gemm, type Range, sliced } from "./lower.ts";
import { f32, type Lowering } from "./lowering.ts";

/** How a node is computed: from which values, by which ONNX nodes. */
export type Fused = { readonly reads: readonly Expr[]; readonly emit: (context: Lowering) => Value };

type Context = { readonly shapeOf: (x: Expr) => Shape; readonly isAlone: (x: Expr) => boolean };

/** Whether a summand spreads over a matrix as Gemm's C does. */
const spreads = (c: Shape, out: Shape): boolean =>
  out.length === 2 && c.length <= 2 && c.every((d, i) => d === 1 || sameDim(d, out[out.length - c.length + i] ?? 0));

const product = (n: Expr, { shapeOf, isAlone }: Context): Fused | undefined => {
  const out = shapeOf(n);
  const side = [1, 0].find((i) => {
    const x = n.inputs[i] as Expr;
    return x.op === "linear" && isAlone(x) && shapeOf(x).length === 2 && spreads(shapeOf(n.inputs[1 - i] as Expr), out);
  });
  if (side === undefined) return undefined;
  const map = n.inputs[side] as Expr;
  if (shapeOf(map).some((d, i) => !sameDim(d, out[i] ?? 0))) return undefined;
  const [x, w] = map.inputs as readonly [Expr, Expr];
  return { reads: [x, w, n.inputs[1 - side] as Expr], emit: (c) => gemm(x, w, c.number(2), c) };
};

/** max |x| as the larger of max x and -min x. */
const magnitude = (n: Extract<Expr, { op: "max" }>, { shapeOf }: Context): Fused | undefined => {
  const [inner] = n.inputs as readonly [Expr];
  if (inner.op !== "maximum") return undefined;
  const [x, other] = inner.inputs as readonly [Expr, Expr];
  if (other.op !== "neg" || other.inputs[0] !== x) return undefined;
  return {
    reads: [x],
    emit: (c) => {
      const { builder: b } = c;
      const axes = b.int64s([axisOf(shapeOf(x), n.params.axis)]);
      const most = b.emit("ReduceMax", [c.number(0), axes]);
      const least = b.emit("ReduceMin", [c.number(0), axes]);
      return f32(b.emit("Max", [most, b.emit("Neg", [least])], [], c.name));
    },
  };
};

const ranges = (n: Extract<Expr, { op: "slice" }>, { shapeOf, isAlone }: Context): Fused | undefined => {
  const found: Range[] = [];
  let x: Expr = n;
  while (x.op === "slice" && (x === n || isAlone(x))) {
    const { axis, start, size } = x.params;
    const place = axisOf(shapeOf(x), axis);
    if (found.some((r) => r.axis === place)) break;
    found.push({ axis: place, start, size });
    x = x.inputs[0] as Expr;
  }
  return found.length < 2 ? undefined : { reads: [x], emit: (c) => sliced(found, c) };
};

/** Products with maps that were stacked. */
const routed = (n: Routed, { shapeOf }: Context): Fused | undefined => {
  const [x, stack, chosen] = n.inputs as readonly [Expr, Expr, Expr];
  const maps = stackedMaps(stack, shapeOf);
  return maps === undefined ? undefined : { reads: [x, chosen, ...maps], emit: (c) => routedByMaps(n, maps.length, c) };
};

const fusedForm = (n: Expr, context: Context): Fused | undefined => {
  if (n.op === "add") return product(n, context);
  if (n.op === "toExperts" || n.op === "fromExperts") return routed(n, context);
  if (n.op === "max") return magnitude(n, context);
  return n.op === "slice" ? ranges(n, context) : undefined;
};

/** The nodes of a graph that are computed, inputs before users; those with a form of their own have it beside them. */
export const fuse = (graph: Graph, shapes: Shapes): readonly (readonly [Expr, Fused | undefined])[] => {
  const counts = uses(graph);
  const context: Context = {
    shapeOf: (x) => shapes.get(x) as Shape,
    isAlone: (x) => counts.get(x) === 1 && x.site === undefined,
  };
  const wanted = new Set(Object.values(graph));
  const found: (readonly [Expr, Fused | undefined])[] = [];
  for (const n of [...nodesOf(graph)].reverse()) {
    if (!wanted.has(n)) continue;
    const form = fusedForm(n, context);
    for (const x of form?.reads ?? n.inputs) wanted.add(x);
    found.push([n, form]);
  }
  return found.reverse();
};
