// Which nodes of a graph get a buffer, and which vanish: movements that only rename (aliases), element-wise chains that
// become one kernel, sums that a matrix product can add on its way out.
import {
  applyOverride,
  type Expr,
  fold,
  type Graph,
  internal,
  nodesOf,
  type Shape,
  type Shapes,
  sameShape,
  uses,
} from "@depass/graph";
import { mostOperands } from "./fit.ts";
import type { Kernel } from "./kernel.ts";
import { isAlias, type LowerContext, type Lowerings, lowerings } from "./lower.ts";
import { elementwise, type Fused, isElementwise } from "./wgsl/elementwise.ts";

/** A node with a buffer. Steps have a kernel over the nodes they read. */
export type Choice =
  | { readonly kind: "leaf"; readonly node: Expr }
  | { readonly kind: "closed"; readonly node: Expr }
  | {
      readonly kind: "step";
      readonly node: Expr;
      /**
       * `fused`: element-wise over its operands; `product`: a linear map and what it adds; `own`: the op's row; `foreign`: a
       * row of the user's, of which nothing is known but what it computes.
       */
      readonly form: "fused" | "product" | "own" | "foreign";
      readonly reads: readonly Expr[];
      readonly kernel: (context: LowerContext) => Kernel;
    };

export type Chosen = {
  readonly choices: readonly Choice[];
  /** The node whose buffer holds a node's value: itself, or what it is an alias of. */
  readonly behind: (x: Expr) => Expr;
};

/** Beyond this a fused kernel only compiles slower. */
const mostOps = 32;

type Tree = { readonly root: Fused; readonly operands: readonly Expr[]; readonly ops: number };

export const choose = (graph: Graph, shapes: Shapes, rows: Lowerings): Chosen => {
  const closed = closedNodes(graph);
  const counts = uses(graph);
  const outputs = new Set(Object.values(graph));
  const consumers = consumersOf(graph);
  const behind = new Map<Expr, Expr>();
  const trees = new Map<Expr, Tree>();
  const adds = rows.linear === lowerings.linear;
  const absorbed = adds ? absorbedSums(graph, shapes, counts, outputs, closed) : new Map<Expr, Absorbed>();
  const products = new Set([...absorbed.values()].map((a) => a.product));
  const choices: Choice[] = [];
  const shapeOf = (x: Expr): Shape => shapes.get(x) as Shape;
  const bufferOf = (x: Expr): Expr => behind.get(x) ?? internal(`${x.op} has no buffer`);
  const own = (c: Choice): void => {
    behind.set(c.node, c.node);
    choices.push(c);
  };
  const needClosed = (x: Expr): void => {
    if (closed.has(x) && !behind.has(x)) own({ kind: "closed", node: x });
  };
  const isPending = (n: Expr): boolean => {
    const [only, ...others] = consumers.get(n) ?? [];
    if (only === undefined || others.length > 0 || outputs.has(n) || counts.get(n) !== 1) return false;
    // What is read under another name only (freeze) needs a buffer behind it.
    const fuses = isElementwise(only) && !isAlias(only) && !absorbed.has(only) && rows[only.op] === undefined;
    return fuses && sameShape(shapeOf(n), shapeOf(only));
  };
  const treeOf = (n: Expr): Tree =>
    joinTrees(
      n,
      n.inputs.map((i) => trees.get(i) ?? leafTree(i)),
    );
  const settle = (n: Expr): void => {
    let tree = treeOf(n);
    // Together the trees of its inputs may read too much: the widest one gets a buffer then.
    while (tree.operands.length > mostOperands) {
      const widest = n.inputs.reduce((a, b) => (widthOf(b) > widthOf(a) ? b : a));
      computed(widest, trees.get(widest) ?? internal(`${n.op} reads more than ${mostOperands} leaves`));
      trees.delete(widest);
      tree = treeOf(n);
    }
    if (isPending(n) && tree.ops < mostOps) trees.set(n, tree);
    else computed(n, tree);
  };
  const widthOf = (x: Expr): number => trees.get(x)?.operands.length ?? 0;
  const computed = (n: Expr, tree: Tree): void => {
    tree.operands.forEach(needClosed);
    own({
      kind: "step",
      node: n,
      form: "fused",
      reads: tree.operands,
      kernel: (c) => elementwise(c.result, c.shape, tree.root, c.operands),
    });
  };

  for (const n of nodesOf(graph)) {
    if (closed.has(n)) {
      if (outputs.has(n)) needClosed(n);
      continue;
    }
    if (n.op === "input" || n.op === "weight") own({ kind: "leaf", node: n });
    else if (absorbed.has(n)) {
      const { product, addend } = absorbed.get(n) as Absorbed;
      product.inputs.forEach(needClosed);
      // Found while walking, so that a pending element-wise addend has been settled: isPending() refuses these.
      own(stepOf(n, [...product.inputs, addend], rows, product));
    } else if (products.has(n)) continue;
    else if (rows[n.op] !== undefined) {
      n.inputs.forEach(needClosed);
      own(stepOf(n, n.inputs, rows, n));
    } else if (isAlias(n)) {
      needClosed(n.inputs[0] as Expr);
      behind.set(n, bufferOf(n.inputs[0] as Expr));
    } else settle(n);
  }
  return { choices, behind: (x) => bufferOf(x) };
};

const stepOf = (node: Expr, reads: readonly Expr[], rows: Lowerings, row: Expr): Choice => ({
  kind: "step",
  node,
  form: rows[row.op] !== lowerings[row.op] ? "foreign" : row.op === "linear" ? "product" : "own",
  reads,
  kernel: (context) => applyOverride(rows, row, context) ?? internal(`no kernel for ${row.op}`),
});

/** Nodes that read no tensor: the host computes them from the sizes, in f64. */
const closedNodes = (graph: Graph): ReadonlySet<Expr> => {
  const open = fold<boolean>(graph, (n, inputs) => n.op === "input" || n.op === "weight" || inputs.includes(true));
  return new Set([...open].flatMap(([n, isOpen]) => (isOpen ? [] : [n])));
};

const consumersOf = (graph: Graph): ReadonlyMap<Expr, readonly Expr[]> => {
  const found = new Map<Expr, Expr[]>();
  for (const n of nodesOf(graph))
    for (const i of n.inputs) {
      const known = found.get(i);
      if (known === undefined) found.set(i, [n]);
      else known.push(n);
    }
  return found;
};

const leafTree = (x: Expr): Tree => {
  const value = x.op === "constant" && x.params.shape.length === 0 ? x.params.values[0] : undefined;
  // WGSL has no literal for what is no finite f32; as data it may be anything.
  return value === undefined || !Number.isFinite(Math.fround(value))
    ? { root: { kind: "operand", index: 0 }, operands: [x], ops: 0 }
    : { root: { kind: "literal", value }, operands: [], ops: 0 };
};

const joinTrees = (n: Expr, inputs: readonly Tree[]): Tree => {
  const operands = [...new Set(inputs.flatMap((t) => t.operands))];
  const renumbered = inputs.map((t) =>
    renumber(
      t.root,
      t.operands.map((x) => operands.indexOf(x)),
    ),
  );
  return {
    root: { kind: "op", op: n.op, inputs: renumbered },
    operands,
    ops: 1 + inputs.reduce((sum, t) => sum + t.ops, 0),
  };
};

const renumber = (x: Fused, numbers: readonly number[]): Fused => {
  if (x.kind === "operand") return { kind: "operand", index: numbers[x.index] as number };
  return x.kind === "literal" ? x : { ...x, inputs: x.inputs.map((i) => renumber(i, numbers)) };
};

/** What an alias is another shape of. */
const unnamed = (x: Expr): Expr => (isAlias(x) ? unnamed(x.inputs[0] as Expr) : x);

/** A sum whose one side is a matrix product that nothing else reads: the product's kernel adds the other side itself. */
type Absorbed = { readonly product: Expr; readonly addend: Expr };

const absorbedSums = (
  graph: Graph,
  shapes: Shapes,
  counts: ReadonlyMap<Expr, number>,
  outputs: ReadonlySet<Expr>,
  closed: ReadonlySet<Expr>,
): ReadonlyMap<Expr, Absorbed> => {
  const found = new Map<Expr, Absorbed>();
  for (const n of nodesOf(graph)) {
    if (n.op !== "add" || closed.has(n)) continue;
    const shape = shapes.get(n) as Shape;
    const side = n.inputs.findIndex((x, i) => {
      const other = n.inputs[1 - i] as Expr;
      const sole = x.op === "linear" && counts.get(x) === 1 && !outputs.has(x) && !closed.has(other);
      // The addend is read as f32: a weight may be stored otherwise.
      return (
        sole &&
        unnamed(other).op !== "weight" &&
        sameShape(shapes.get(x) as Shape, shape) &&
        sameShape(shapes.get(other) as Shape, shape)
      );
    });
    if (side >= 0) found.set(n, { product: n.inputs[side] as Expr, addend: n.inputs[1 - side] as Expr });
  }
  return found;
};
