// Which ONNX nodes compute which op: one row for every op of the language (opset 18, no operators beyond ONNX's own). Every
// value is f32 but ids (int32), comparisons (bool) and counts (int64), which become f32 where a row asks for numbers.
// Composites whose meaning ONNX has as an operator keep it; the others are expanded before (needsExpansion), and a row for
// one of them is a bug.
import {
  type Dim,
  type Expr,
  internal,
  isComposite,
  type Node,
  nameOf,
  type OpName,
  plus,
  product,
  type Shape,
  type Table,
} from "@depass/graph";
import type { ElementType, Value } from "./builder.ts";
import { type Routed, routedByStack, topK } from "./experts.ts";
import { as, f32, type Lowering } from "./lowering.ts";
import { float, int, ints, text } from "./proto.ts";

export type Lowerings = Table<readonly [context: Lowering], Value>;

const pairwise =
  (opType: string, type: ElementType = "f32") =>
  (_: unknown, c: Lowering): Value => ({
    name: c.builder.emit(opType, [c.number(0), c.number(1)], [], c.name),
    type,
  });

const unary =
  (opType: string) =>
  (_: unknown, c: Lowering): Value =>
    f32(c.builder.emit(opType, [c.number(0)], [], c.name));

const alias = (_: unknown, c: Lowering): Value => c.operand(0);

const leaf = ({ params }: Node<"input"> | Node<"weight">): Value => ({
  name: params.name,
  type: "dtype" in params ? params.dtype : "f32",
});

export const axisOf = (shape: Shape, axis: number): number => shape.length + axis;

const first = (n: Node): Expr => n.inputs[0] as Expr;

const reduced =
  (opType: string) =>
  (n: Node<"sum" | "max">, c: Lowering): Value => {
    const axes = c.builder.int64s([axisOf(c.shape, n.params.axis)]);
    return f32(c.builder.emit(opType, [c.number(0), axes], [int("keepdims", 1)], c.name));
  };

/** x·Wᵀ (+ what is added): Gemm takes matrices, so other ranks are read as one. */
export const gemm = (x: Expr, w: Expr, added: string | undefined, c: Lowering): Value => {
  const { builder: b } = c;
  const [inner, outer] = [c.shapeOf(x).at(-1) as Dim, c.shapeOf(w)[0] as Dim];
  const isMatrix = c.shape.length === 2;
  const rows = isMatrix
    ? c.number(0)
    : b.emit("Reshape", [c.number(0), b.sizes([product(c.shape.slice(0, -1)), inner])]);
  const operands = [rows, c.number(1), ...(added === undefined ? [] : [added])];
  const out = b.emit("Gemm", operands, [int("transB", 1)], isMatrix ? c.name : undefined);
  return f32(isMatrix ? out : b.emit("Reshape", [out, b.sizes([...c.shape.slice(0, -1), outer])], [], c.name));
};

/** A range of one axis. */
export type Range = { readonly axis: number; readonly start: Dim; readonly size: Dim };

/** Ranges of several axes at once. */
export const sliced = (ranges: readonly Range[], c: Lowering): Value => {
  const { builder: b } = c;
  const starts = b.sizes(ranges.map((r) => r.start));
  const ends = b.sizes(ranges.map((r) => plus(r.start, r.size)));
  return f32(b.emit("Slice", [c.number(0), starts, ends, b.int64s(ranges.map((r) => r.axis))], [], c.name));
};

/** Composites that ONNX has an operator for. */
const operators: ReadonlySet<OpName> = new Set<OpName>([
  "linear",
  "softmax",
  "layerNorm",
  "topK",
  "toExperts",
  "fromExperts",
]);

export const needsExpansion = (x: Expr): boolean => isComposite(x) && !operators.has(x.op);

const expandedBefore = (n: Node): Value => internal(`${nameOf(n as Expr)} is lowered before it is expanded`);

export const lowerings: Lowerings = {
  input: leaf,
  weight: leaf,
  constant: ({ params }, { builder }) => f32(builder.floats(params.values, params.shape)),
  iota: ({ params }, { builder: b }) => {
    const scalar = b.emit("Reshape", [b.sizes([params.size]), b.int64s([], [0])]);
    return { name: b.emit("Range", [b.int64s([0], []), scalar, b.int64s([1], [])]), type: "i64" };
  },
  size: ({ params }, { builder: b }) => ({
    name: b.emit("Reshape", [b.sizes([params.of]), b.int64s([], [0])]),
    type: "i64",
  }),

  neg: unary("Neg"),
  exp: unary("Exp"),
  log: unary("Log"),
  sqrt: unary("Sqrt"),
  sin: unary("Sin"),
  cos: unary("Cos"),
  tanh: unary("Tanh"),
  erf: unary("Erf"),
  roundF32: alias,
  freeze: alias,

  add: pairwise("Add"),
  sub: pairwise("Sub"),
  mul: pairwise("Mul"),
  div: pairwise("Div"),
  maximum: pairwise("Max"),
  less: pairwise("Less", "bool"),
  equal: pairwise("Equal", "bool"),
  where: (_, c) =>
    f32(c.builder.emit("Where", [as(c.builder, c.operand(0), "bool"), c.number(1), c.number(2)], [], c.name)),

  sum: reduced("ReduceSum"),
  max: reduced("ReduceMax"),
  matmul: pairwise("MatMul"),

  reshape: (_, c) => f32(c.builder.emit("Reshape", [c.number(0), c.builder.sizes(c.shape)], [], c.name)),
  transpose: ({ params }, c) => {
    const lead = c.shape.length - params.order.length;
    const perm = [...c.shape.slice(0, lead).keys(), ...params.order.map((axis) => axisOf(c.shape, axis))];
    return f32(c.builder.emit("Transpose", [c.number(0)], [ints("perm", perm)], c.name));
  },
  broadcast: (_, c) => f32(c.builder.emit("Expand", [c.number(0), c.builder.sizes(c.shape)], [], c.name)),
  slice: ({ params: { axis, start, size } }, c) => sliced([{ axis: axisOf(c.shape, axis), start, size }], c),
  concat: (n, c) => {
    const operands = n.inputs.map((_, i) => c.number(i));
    return f32(c.builder.emit("Concat", operands, [int("axis", axisOf(c.shape, n.params.axis))], c.name));
  },
  gather: (n, c) => {
    const { builder: b } = c;
    const axis = axisOf(c.shapeOf(first(n as Node)), n.params.axis);
    const index = c.operand(1).type === "i32" ? c.operand(1).name : as(b, c.operand(1), "i64");
    return f32(b.emit("Gather", [c.number(0), index], [int("axis", axis)], c.name));
  },
  // ScatterND would take whole rows, but adds to the same one from several threads at once.
  scatterAdd: (n, c) => {
    const { builder: b } = c;
    const axis = axisOf(c.shape, n.params.axis);
    const count = product(c.shapeOf(n.inputs[1] as Expr));
    const [outer, inner] = [product(c.shape.slice(0, axis)), product(c.shape.slice(axis + 1))];
    const index = b.emit("Reshape", [as(b, c.operand(1), "i64"), b.sizes([1, count, 1])]);
    const flat = b.sizes([outer, count, inner]);
    const zeros = b.emit("Expand", [b.floats([0], [1, 1, 1]), b.sizes([outer, n.params.size, inner])]);
    const operands = [zeros, b.emit("Expand", [index, flat]), b.emit("Reshape", [c.number(0), flat])];
    const sums = b.emit("ScatterElements", operands, [int("axis", 1), text("reduction", "add")]);
    return f32(b.emit("Reshape", [sums, b.sizes(c.shape)], [], c.name));
  },

  linear: ({ inputs }, c) => gemm(inputs[0] as Expr, inputs[1] as Expr, undefined, c),
  softmax: (_, c) => f32(c.builder.emit("Softmax", [c.number(0)], [int("axis", -1)], c.name)),
  layerNorm: ({ params }, c) => {
    const attributes = [int("axis", -1), float("epsilon", params.eps)];
    return f32(c.builder.emit("LayerNormalization", [c.number(0), c.number(1), c.number(2)], attributes, c.name));
  },

  topK,
  toExperts: (n, c) => routedByStack(n as Routed, c),
  fromExperts: (n, c) => routedByStack(n as Routed, c),

  logSumExp: expandedBefore,
  rmsScale: expandedBefore,
  layerScale: expandedBefore,
  rmsNorm: expandedBefore,
  activate: expandedBefore,
  gated: expandedBefore,
  rope: expandedBefore,
  attentionWeights: expandedBefore,
  attend: expandedBefore,
  tokenParts: expandedBefore,
  addToPart: expandedBefore,
  split: expandedBefore,
  tokenRows: expandedBefore,
  seedRows: expandedBefore,
  attendRows: expandedBefore,
  addToRows: expandedBefore,
  splitRows: expandedBefore,
  partsAt: expandedBefore,
  unpackRows: expandedBefore,
};
