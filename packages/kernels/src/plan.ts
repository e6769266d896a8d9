// A graph as steps: which kernel reads and writes which buffer, when each buffer is needed, how many bytes that takes. Pure:
// it can be printed and tested without a device, and one plan serves every prompt length (sizes stay symbolic).

import {
  check,
  type Dim,
  type Expr,
  expand,
  type Fault,
  type Graph,
  type IndexBound,
  indexBounds,
  nameOf,
  product,
  type Shape,
  type Shapes,
  type SizeBound,
  share,
  simplify,
  sizeBounds,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { isBlocks } from "./blocks.ts";
import { type Choice, type Chosen, choose } from "./choose.ts";
import { fitGraph } from "./fit.ts";
import type { Kernel } from "./kernel.ts";
import { type Lowerings, lowerings, needsExpansion } from "./lower.ts";
import { inRegion, type Region, readsWhole, schedule, tiledBuffers, tileSizes } from "./regions.ts";
import type { Target } from "./wgsl/matmul.ts";
import type { Operand, Stored } from "./wgsl/operand.ts";

/** `weight` and `input` come from outside, `closed` is computed on the host from sizes alone, the rest by steps. */
export type BufferKind = "weight" | "input" | "closed" | "step";

export type PlanBuffer = {
  readonly kind: BufferKind;
  /** A weight's or input's name; else the node, with its site. */
  readonly name: string;
  readonly dtype: Stored;
  readonly shape: Shape;
  /** For closed ones. */
  readonly expr: Expr;
  /** First step that writes and last step that reads it; `Infinity` for outputs. Steps of one region count together. */
  readonly from: number;
  readonly until: number;
  /** Lives within one region: it holds the rows of one tile at a time. */
  readonly tiled: boolean;
};

export type PlanStep = {
  readonly name: string;
  readonly kernel: Kernel;
  /** Buffer numbers, in the order of the kernel's bindings. */
  readonly reads: readonly number[];
  readonly write: number;
  /** Consecutive steps of one number run tile by tile (regions.ts). */
  readonly region?: Region;
};

export type Plan = {
  readonly graph: Graph;
  readonly steps: readonly PlanStep[];
  readonly buffers: readonly PlanBuffer[];
  readonly outputs: Readonly<Record<string, { readonly buffer: number; readonly shape: Shape }>>;
  /** What ids must stay below, and what the symbolic sizes must be, in any run. */
  readonly bounds: readonly IndexBound[];
  readonly sizes: readonly SizeBound[];
};

export type PlanOptions = {
  readonly target: Target;
  /** The stored type of each weight. */
  readonly dtypeOf: (weight: string) => Stored;
  /** Kernels of the user's own for composites or ops, before the built-in ones. */
  readonly lowerings?: Lowerings;
};

/** Faults: a misshapen graph. */
export const plan = (source: Graph, options: PlanOptions): E.Either<readonly Fault[], Plan> => {
  const rows = { ...lowerings, ...options.lowerings };
  return pipe(
    E.Do,
    E.bind("asked", () => E.map((shapes: Shapes) => sizeBounds(source, shapes))(check(source))),
    E.bind("expanded", () => expand(source, needsExpansion(rows))),
    E.bind("graph", ({ expanded }) => E.map(fitGraph)(simplify(share(expanded)))),
    E.bind("shapes", ({ graph }) => check(graph)),
    E.map(({ graph, shapes, asked }) => ({
      ...laidOut(graph, shapes, choose(graph, shapes, rows), options),
      sizes: asked,
    })),
  );
};

/** Weights whose own numbers are wanted: by those who get the outputs, and by kernels that are not ours. */
const wantedAsValues = ({ choices, behind }: Chosen, graph: Graph): ReadonlySet<Expr> => {
  const foreign = choices.flatMap((c) => (c.kind === "step" && c.form === "foreign" ? c.reads : []));
  return new Set([...Object.values(graph), ...foreign].map(behind));
};

const stored = (c: Choice, dtypeOf: PlanOptions["dtypeOf"]): Stored => {
  if (c.node.op === "weight") return dtypeOf(c.node.params.name);
  return c.node.op === "input" ? c.node.params.dtype : "f32";
};

const kindOf = (c: Choice): BufferKind => {
  if (c.node.op === "weight" || c.node.op === "input") return c.node.op;
  return c.kind === "closed" ? "closed" : "step";
};

const laidOut = (graph: Graph, shapes: Shapes, chosen: Chosen, options: PlanOptions): Omit<Plan, "sizes"> => {
  const numbers = new Map(chosen.choices.map((c, i) => [c.node, i]));
  const numberOf = (x: Expr): number => numbers.get(chosen.behind(x)) as number;
  const shapeOf = (x: Expr): Shape => shapes.get(x) as Shape;
  const outputs = Object.fromEntries(
    Object.entries(graph).map(([name, x]) => [name, { buffer: numberOf(x), shape: shapeOf(x) }]),
  );
  const kept = new Set(Object.values(outputs).map((o) => o.buffer));
  const asValues = wantedAsValues(chosen, graph);
  const dtypeOf = (c: Choice): Stored => {
    const dtype = stored(c, options.dtypeOf);
    return isBlocks(dtype) && asValues.has(c.node) ? "f32" : dtype;
  };
  const scheduled = schedule(graph, chosen, shapeOf, numberOf);
  const tiled = tiledBuffers(scheduled, numberOf, kept, shapeOf);
  const steps = scheduled.map(({ step: c, region }): PlanStep => {
    const operands = c.reads.map((x, i): Operand => {
      const buffer = numberOf(x);
      const whole = { dtype: dtypeOf(chosen.choices[buffer] as Choice), shape: shapeOf(x) };
      return region === undefined || readsWhole(c, i, region, shapeOf)
        ? whole
        : inRegion(whole, region, tiled.has(buffer));
    });
    const name = nameOf(c.node);
    const own: Operand = { dtype: "f32", shape: shapeOf(c.node) };
    const result = region === undefined ? own : inRegion(own, region, tiled.has(numberOf(c.node)));
    const kernel = c.kernel({
      name,
      result: result.from === undefined ? name : { name, from: result.from },
      operands,
      shape: result.shape,
      target: options.target,
      ...(region === undefined ? {} : { tile: tileSizes }),
    });
    const placed = region === undefined ? {} : { region };
    return { name, kernel, reads: c.reads.map(numberOf), write: numberOf(c.node), ...placed };
  });
  const life = lifetimes(steps, kept, chosen.choices.length);
  const buffers = chosen.choices.map(
    (c, i): PlanBuffer => ({
      kind: kindOf(c),
      name: c.node.op === "weight" || c.node.op === "input" ? c.node.params.name : nameOf(c.node),
      dtype: dtypeOf(c),
      shape: shapeOf(c.node),
      expr: c.node,
      tiled: tiled.has(i),
      ...(life[i] as { readonly from: number; readonly until: number }),
    }),
  );
  return { graph, steps, buffers, outputs, bounds: indexBounds(graph, shapes) };
};

/** First and last step of every buffer; what outlives its step in a region is needed by every tile of the region. */
const lifetimes = (
  steps: readonly PlanStep[],
  kept: ReadonlySet<number>,
  count: number,
): readonly { readonly from: number; readonly until: number }[] => {
  const life = Array.from({ length: count }, () => ({ from: Number.POSITIVE_INFINITY, until: 0 }));
  const regions = new Map<Region, readonly [number, number]>();
  steps.forEach(({ region }, at) => {
    if (region !== undefined) regions.set(region, [regions.get(region)?.[0] ?? at, at]);
  });
  const writer = new Map(steps.map((s) => [s.write, s.region]));
  steps.forEach((s, at) => {
    for (const b of [...s.reads, s.write]) {
      const l = life[b] as { from: number; until: number };
      const inside =
        s.region === undefined || (writer.get(b) === s.region && !kept.has(b) && staysIn(b, s.region, steps));
      const [first, last] = inside ? [at, at] : (regions.get(s.region as Region) as readonly [number, number]);
      l.from = Math.min(l.from, first);
      l.until = Math.max(l.until, last);
    }
  });
  for (const b of kept) (life[b] as { until: number }).until = Number.POSITIVE_INFINITY;
  return life.map(({ from, until }) => ({ from: Number.isFinite(from) ? from : 0, until }));
};

const staysIn = (buffer: number, region: Region, steps: readonly PlanStep[]): boolean =>
  steps.every((s) => !s.reads.includes(buffer) || s.region === region);

/** How many elements a buffer holds. */
export const elementsOf = (b: PlanBuffer): Dim => product(b.shape);
