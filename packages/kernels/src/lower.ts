// Which kernel computes which op. Element-wise ops are fused (fuse.ts), leaves and closed expressions are data; every
// other op has a row here, or is a composite that is expanded first because it has none.
import {
  type Dim,
  type Expr,
  internal,
  isComposite,
  type Node,
  type OpName,
  type Overrides,
  product,
  REMAINDER_EPSILON,
  type Shape,
} from "@depass/graph";
import type { Kernel } from "./kernel.ts";
import * as attention from "./wgsl/attention.ts";
import { contraction } from "./wgsl/contraction.ts";
import { isElementwise } from "./wgsl/elementwise.ts";
import * as experts from "./wgsl/experts.ts";
import type { Result } from "./wgsl/invocation.ts";
import { defaultTile, type Product, type Target, tiledProduct } from "./wgsl/matmul.ts";
import * as movement from "./wgsl/movement.ts";
import type { Operand } from "./wgsl/operand.ts";
import type { Packed, TokenTile } from "./wgsl/parts/packed.ts";
import { split, splitRows } from "./wgsl/parts/split.ts";
import * as parts from "./wgsl/parts.ts";
import * as reduction from "./wgsl/reduction.ts";

/** What a row gets: its operands with their stored types, the shape of its result, how this device likes its kernels. */
export type LowerContext = {
  readonly name: string;
  /** The name again and, in a tile, where the result begins in its buffer. */
  readonly result: Result;
  /** The rows and tokens that are computed, for kernels of packed rows; `shape` and the operands are those of the tile. */
  readonly tile?: TokenTile;
  readonly operands: readonly Operand[];
  readonly shape: Shape;
  readonly target: Target;
};

export type Lowerings = Overrides<readonly [context: LowerContext], Kernel>;

const operand = (context: LowerContext, i: number): Operand => context.operands[i] as Operand;
const axisIndex = (x: Operand, axis: number): number => x.shape.length + axis;

const reduced =
  (how: "sum" | "max") =>
  ({ params }: Node<"sum" | "max">, c: LowerContext): Kernel =>
    params.axis === -1
      ? reduction.rowReduction(c.name, how, operand(c, 0))
      : reduction.alongAxis(c.name, how, operand(c, 0), axisIndex(operand(c, 0), params.axis));

/**
 * x·Wᵀ, with what the plan has absorbed into it: further operands are a bias `[N]` or a residual of the result's shape.
 */
const linear = (c: LowerContext): Kernel => {
  const [x, w, ...added] = c.operands as readonly [Operand, Operand, ...Operand[]];
  const p: Product = {
    rows: product(x.shape.slice(0, -1)),
    inner: x.shape.at(-1) as Dim,
    columns: w.shape[0] as Dim,
    left: floats(x),
    weights: floats(w),
    from: {
      ...(x.from === undefined ? {} : { a: x.from }),
      ...(added[0]?.from === undefined ? {} : { residual: added[0].from }),
      ...(typeof c.result === "string" ? {} : { out: c.result.from }),
    },
    bias: added.some((o) => o.shape.length === 1 && c.shape.length > 1),
    residual: added.some((o) => o.shape.length === c.shape.length),
  };
  return tiledProduct(c.name, p, defaultTile(p, c.target));
};

const inTile = <P extends Packed>(params: P, { tile }: LowerContext): P =>
  tile === undefined ? params : { ...params, tile };

const floats = ({ dtype }: Operand): Product["weights"] => (dtype === "i32" ? internal("a product of i32") : dtype);

const numbers = (c: LowerContext, i: number) => ({ ...operand(c, i), dtype: floats(operand(c, i)) });

export const lowerings: Lowerings = {
  sum: reduced("sum"),
  max: reduced("max"),
  matmul: (_, c) => contraction(c.name, operand(c, 0), operand(c, 1), c.shape),
  transpose: ({ params }, c) => {
    const own = movement.stridesOf(operand(c, 0).shape);
    const lead = own.slice(0, own.length - params.order.length);
    const strides = [...lead, ...params.order.map((axis) => own.at(axis) as Dim)];
    return movement.stridedCopy(
      c.name,
      operand(c, 0),
      c.shape,
      strides.map((stride) => ({ stride })),
    );
  },
  broadcast: (_, c) =>
    movement.stridedCopy(
      c.name,
      operand(c, 0),
      c.shape,
      movement.broadcastStrides(operand(c, 0).shape, c.shape).map((stride) => ({ stride })),
    ),
  slice: ({ params }, c) => {
    const axis = axisIndex(operand(c, 0), params.axis);
    const strides = movement.stridesOf(operand(c, 0).shape);
    return movement.stridedCopy(
      c.name,
      operand(c, 0),
      c.shape,
      strides.map((stride, k) => (k === axis ? { stride, start: params.start } : { stride })),
    );
  },
  concat: ({ params }, c) => movement.concatenated(c.name, c.operands, axisIndex(operand(c, 0), params.axis), c.shape),
  gather: ({ params }, c) =>
    movement.gathered(c.name, operand(c, 0), operand(c, 1), axisIndex(operand(c, 0), params.axis), c.shape),
  scatterAdd: ({ params }, c) =>
    movement.scattered(c.name, operand(c, 0), operand(c, 1), c.shape.length + params.axis, c.shape),

  linear: (_, c) => linear(c),
  softmax: (_, c) => reduction.softmaxRows(c.name, operand(c, 0)),
  rmsScale: ({ params }, c) => reduction.normScale(c.name, "rms", operand(c, 0), params.eps),
  layerScale: ({ params }, c) => reduction.normScale(c.name, "layer", operand(c, 0), params.eps),
  rope: (_, c) => attention.rope(c.name, operand(c, 0), operand(c, 1), operand(c, 2)),
  attentionWeights: ({ params }, c) => attention.attentionWeights(c.name, operand(c, 0), operand(c, 1), params),
  attend: (_, c) => attention.attend(c.name, operand(c, 0), operand(c, 1)),
  topK: ({ params }, c) => experts.topK(c.name, operand(c, 0), params.k),
  toExperts: (_, c) => experts.toExperts(c.result, numbers(c, 0), numbers(c, 1), operand(c, 2)),
  fromExperts: (_, c) => experts.fromExperts(c.result, numbers(c, 0), numbers(c, 1), operand(c, 2)),
  tokenParts: ({ params }, c) => parts.tokenParts(c.name, operand(c, 0), params.extras),
  addToPart: ({ params }, c) => parts.addToPart(c.name, operand(c, 0), operand(c, 1), params.part, params.rank),
  split: ({ params }, c) => split(c.name, operand(c, 0), operand(c, 1), { ...params, epsilon: REMAINDER_EPSILON }),
  tokenRows: ({ params }, c) => parts.tokenRows(c.result, operand(c, 0), inTile(params, c)),
  seedRows: ({ params }, c) => parts.seedRows(c.result, operand(c, 0), inTile(params, c)),
  attendRows: ({ params }, c) => parts.attendRows(c.result, operand(c, 0), operand(c, 1), inTile(params, c)),
  addToRows: ({ params }, c) => parts.addToRows(c.result, operand(c, 0), operand(c, 1), inTile(params, c)),
  splitRows: ({ params }, c) =>
    splitRows(c.result, operand(c, 0), operand(c, 1), {
      ...inTile(params, c),
      epsilon: REMAINDER_EPSILON,
    }),
  partsAt: ({ params }, c) => parts.partsAt(c.name, operand(c, 0), operand(c, 1), params),
  unpackRows: ({ params }, c) => parts.unpackRows(c.name, operand(c, 0), params),
};

/** Ops whose result is their first input's buffer, read with another shape. */
const aliases: ReadonlySet<OpName> = new Set<OpName>(["reshape", "freeze"]);

export const isAlias = (x: Expr): boolean => aliases.has(x.op);

/** Composites without a kernel of their own: their meaning is run instead. */
export const needsExpansion =
  (own: Lowerings) =>
  (x: Expr): boolean =>
    isComposite(x) && own[x.op] === undefined;

/** Every op is a leaf, an alias, element-wise, or has a row; what is left would be a gap. */
export const isLowered =
  (own: Lowerings) =>
  (x: Expr): boolean =>
    own[x.op] !== undefined || isAlias(x) || isElementwise(x);
