// Reverse-mode differentiation as a graph transform: from a graph and cotangents of its outputs to the cotangents of its
// leaves and sites, vᵀJ, as an ordinary graph. Walks, none of them recursive: forward (what depends on what is asked for,
// and its row of adjoint.ts), backward (the cotangents of each node, added up once), share(). Griewank & Walther 2008, ch. 3.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { zeros } from "./adjoint/pullback.ts";
import { adjointOf, type Pullbacks } from "./adjoint.ts";
import { type Shape, sameShape, showShape } from "./dim.ts";
import { type Fault, fault } from "./error.ts";
import { expand } from "./expand.ts";
import { type Expr, type Graph, toGraph } from "./expr.ts";
import { share } from "./passes/share.ts";
import { check, type Shapes } from "./shape.ts";
import * as s from "./syntax.ts";
import { nodesOf, topological } from "./traverse.ts";
import {
  cotangentName,
  givenCotangent,
  gradientName,
  outputNames,
  requestFaults,
  type VjpOptions,
  wantedNodes,
} from "./vjp/request.ts";

export { cotangentName, gradientName, type VjpOptions } from "./vjp/request.ts";

type Result<A> = E.Either<readonly Fault[], A>;

/**
 * The graph of the gradients `grad.NAME`, each of the shape of the leaf or site NAME, behind the outputs in `keep`:
 *
 *     const step = orThrow(vjp({ loss }, { of: ["loss"], wrt: ["embed", "head"], keep: ["loss"] }));
 *     await run(backend, step, { tokens, targets, ...weights }); // loss [], grad.embed [V, D], grad.head [V, D]
 *
 * It reads what the graph reads and, for each output in `of` that is no scalar, its cotangent `cotangent.OUTPUT`. By
 * something that an output does not depend on, or by ways without a derivative only, the gradient is zero. A gradient that
 * is constant may read no input that says what T is: then `keep` an output that does.
 * Faults: a misshapen graph; an output, leaf or site that is not there; an i32 input; a name that means two things; a
 * cotangent of another shape than its output.
 */
export const vjp = (source: Graph | Expr, options: VjpOptions): Result<Graph> => {
  const graph = toGraph(source);
  const nodes = nodesOf(graph);
  return pipe(
    check(graph),
    E.bindTo("shapes"),
    E.chainFirst(() => noneOf(requestFaults(graph, options))),
    E.bind("way", ({ shapes }) => E.chain((task: Graph) => wayOf(task, options))(taskOf(graph, shapes, options))),
    E.map(({ shapes, way }) => {
      const shapeOf = (name: string): Shape => shapes.get(wantedNodes(nodes, name)[0] as Expr) as Shape;
      const wanted = options.wrt.map((name) => [name, shapeOf(name)] as const);
      return share(outputs(way, wanted, options.keep ?? []));
    }),
  );
};

const noneOf = (faults: readonly Fault[]): Result<void> => (faults.length > 0 ? E.left(faults) : E.right(undefined));

/** One graph of all that is read: what is differentiated, by what cotangent, and what is kept. */
const [of, by, kept] = ["of ", "by ", "kept "] as const;

const taskOf = (graph: Graph, shapes: Shapes, options: VjpOptions): Result<Graph> => {
  const cotangent = (name: string): Expr => {
    const shape = shapes.get(graph[name] as Expr) as Shape;
    const seed = shape.length === 0 ? s.scalar(1) : s.input(cotangentName(name), shape);
    return givenCotangent(options, name) ?? seed;
  };
  const task = Object.fromEntries([
    ...outputNames(options).flatMap((name) => [
      [of + name, graph[name] as Expr],
      [by + name, cotangent(name)],
    ]),
    ...(options.keep ?? []).map((name) => [kept + name, graph[name] as Expr]),
  ]);
  return pipe(
    check(task),
    E.chain((found) => noneOf(outputNames(options).flatMap((name) => cotangentFaults(task, found, name)))),
    E.map(() => task),
  );
};

const cotangentFaults = (task: Graph, shapes: Shapes, name: string): readonly Fault[] => {
  const [wanted, got] = [of, by].map((role) => shapes.get(task[role + name] as Expr) as Shape) as [Shape, Shape];
  return sameShape(wanted, got) ? [] : [fault("vjp", `cotangent of ${name}`, showShape(wanted), showShape(got))];
};

/** The task with the nodes under its roots, and the pullbacks of those between what is asked for and a root. */
type Way = {
  readonly task: Graph;
  readonly roots: readonly (readonly [name: string, root: Expr])[];
  readonly nodes: readonly Expr[];
  readonly pullbacks: ReadonlyMap<Expr, Pullbacks>;
};

/** Composites on the way that have no row are expanded, one level at a time. */
const wayOf = (task: Graph, options: VjpOptions): Result<Way> =>
  pipe(
    check(task),
    E.chain((shapes) => {
      const { way, rowless } = forward(task, shapes, options);
      if (rowless.size === 0) return E.right(way);
      return pipe(
        expand(task, (x) => rowless.has(x)),
        E.chain((simpler) => wayOf(simpler, options)),
      );
    }),
  );

const forward = (task: Graph, shapes: Shapes, options: VjpOptions) => {
  const roots = outputNames(options).map((name) => [name, task[of + name] as Expr] as const);
  const nodes = topological(roots.map(([, root]) => root));
  const context = { frozen: options.frozen === true, shapeOf: (x: Expr) => shapes.get(x) as Shape };
  const depending = new Set(options.wrt.flatMap((name) => wantedNodes(nodes, name)));
  const pullbacks = new Map<Expr, Pullbacks>();
  const rowless = new Set<Expr>();
  for (const n of nodes) {
    if (!n.inputs.some((x) => depending.has(x))) continue;
    const row = adjointOf(n, context);
    if (row === undefined) rowless.add(n);
    const open = row?.map((pullback, i) => (depending.has(n.inputs[i] as Expr) ? pullback : undefined)) ?? [];
    pullbacks.set(n, open);
    if (row === undefined || open.some((pullback) => pullback !== undefined)) depending.add(n);
  }
  return { way: { task, roots, nodes, pullbacks }, rowless };
};

/** The cotangent of every node that has one: what its users send, added up when all of them have. */
const gradients = ({ task, roots, nodes, pullbacks }: Way): ReadonlyMap<Expr, Expr> => {
  const totals = new Map<Expr, Expr>();
  const send = (x: Expr, cotangent: Expr): void => {
    const sofar = totals.get(x);
    totals.set(x, sofar === undefined ? cotangent : s.add(sofar, cotangent));
  };
  for (const [name, root] of roots) send(root, task[by + name] as Expr);
  for (const n of [...nodes].reverse()) {
    const total = totals.get(n);
    if (total === undefined) continue;
    for (const [i, pullback] of (pullbacks.get(n) ?? []).entries())
      if (pullback !== undefined) send(n.inputs[i] as Expr, pullback(total));
  }
  return totals;
};

/** What is kept, then a gradient for each of these names and shapes. */
const outputs = (
  way: Way,
  wanted: readonly (readonly [name: string, shape: Shape])[],
  keep: readonly string[],
): Graph => {
  const totals = gradients(way);
  const gradient = (name: string, shape: Shape): Expr => {
    const found = wantedNodes(way.nodes, name).flatMap((x) => totals.get(x) ?? []);
    return found.length === 0 ? zeros(shape) : found.reduce(s.add);
  };
  return Object.fromEntries([
    ...keep.map((name) => [name, way.task[kept + name] as Expr]),
    ...wanted.map(([name, shape]) => [gradientName(name), gradient(name, shape)]),
  ]);
};
