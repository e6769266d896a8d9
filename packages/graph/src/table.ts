// One table per concern: a row for every op, or the compiler says which row is missing.
import type { Expr, Node } from "./expr.ts";
import type { CompositeName, OpName, PrimitiveName } from "./op.ts";

/** What one concern says of op `K`, given that node and whatever else the concern passes along. */
export type Row<K extends OpName, Args extends readonly unknown[], A> = (node: Node<K>, ...args: Args) => A;

export type Table<Args extends readonly unknown[], A, Names extends OpName = OpName> = {
  readonly [K in Names]: Row<K, Args, A>;
};

/** Rows for some ops only: a backend's fused kernels, a user's own twins. */
export type Overrides<Args extends readonly unknown[], A> = { readonly [K in OpName]?: Row<K, Args, A> };

/** The row for this node, applied; the one place where a node's op is matched to its row's type. */
export const applyRow = <Args extends readonly unknown[], A>(table: Table<Args, A>, node: Expr, ...args: Args): A =>
  (table[node.op] as Row<OpName, Args, A>)(node as Node, ...args);

/** As applyRow, for a partial table. */
export const applyOverride = <Args extends readonly unknown[], A>(
  table: Overrides<Args, A>,
  node: Expr,
  ...args: Args
): A | undefined => (table[node.op] as Row<OpName, Args, A> | undefined)?.(node as Node, ...args);

const composites: Readonly<Record<CompositeName, true>> = {
  linear: true,
  softmax: true,
  logSumExp: true,
  rmsScale: true,
  layerScale: true,
  rmsNorm: true,
  layerNorm: true,
  activate: true,
  gated: true,
  rope: true,
  attentionWeights: true,
  attend: true,
  topK: true,
  toExperts: true,
  fromExperts: true,
  tokenParts: true,
  addToPart: true,
  split: true,
  tokenRows: true,
  seedRows: true,
  attendRows: true,
  addToRows: true,
  splitRows: true,
  partsAt: true,
  unpackRows: true,
};

export const isComposite = (x: Expr): x is { readonly [K in CompositeName]: Node<K> }[CompositeName] =>
  Object.hasOwn(composites, x.op);

export type PrimitiveTable<Args extends readonly unknown[], A> = Table<Args, A, PrimitiveName>;
