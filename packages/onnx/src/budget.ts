// What weights and runs may take together, and the words for what does not fit.
import { type Expr, type Fault, fault, type Graph, leavesOf, type Sizes, sizeOf } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type { Base } from "./plan.ts";
import type { Held } from "./weights.ts";

const FLOAT = 4;

/** Bytes of all weights as f32; faults where they do not fit. */
export const weightBytes = (graph: Graph, base: Base, budgetBytes: number): E.Either<readonly Fault[], number> => {
  const shapes = new Map(leavesOf(graph).map((l) => [l.params.name, l.params.shape as readonly number[]]));
  const own = [...base.weights].map((name) => {
    const expr = base.derived.get(name);
    return sizeOf(expr === undefined ? (shapes.get(name) ?? []) : derivedShape(expr, shapes));
  });
  const bytes = FLOAT * own.reduce((a, b) => a + b, 0);
  return bytes > budgetBytes ? E.left([tooBig("the weights", bytes, budgetBytes, budgetBytes)]) : E.right(bytes);
};

/** A derived weight has the shape of its first operand (fold.ts). */
const derivedShape = (x: Expr, shapes: ReadonlyMap<string, readonly number[]>): readonly number[] => {
  const first = x.inputs[0];
  return first?.op === "weight" ? (shapes.get(first.params.name) ?? []) : [];
};

const MiB = 2 ** 20;
const text = (bytes: number): string =>
  bytes < 1000 * MiB ? `${(bytes / MiB).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(2)} GiB`;

export const tooBig = (what: string, bytes: number, free: number, budget: number): Fault =>
  fault(
    "out-of-memory",
    what,
    `at most ${text(free)} (what is left of the budget of ${text(budget)} on the CPU)`,
    text(bytes),
    "raise --memory, shorten the prompt or choose another backend",
  );

export const showSizes = (sizes: Sizes): string =>
  Object.entries(sizes)
    .map(([symbol, value]) => `${symbol} = ${value}`)
    .join(", ");

/** Bytes of the weights that are there. */
export const heldBytes = (held: Held): number => [...held.values()].reduce((sum, t) => sum + FLOAT * sizeOf(t.dims), 0);
