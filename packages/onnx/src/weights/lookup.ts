// Rows of a table that a run names by its ids. Only these are read: an embedding of a hundred thousand words need not be in memory
// for the sake of a prompt. Where the table is kept for another use, its rows are copied from there.
import {
  type Dim,
  type Expr,
  type Fault,
  type Faulty,
  type Graph,
  input,
  internal,
  leavesOf,
  rewrite,
  type Shape,
  type Tensor,
  type Tensors,
  tensor,
  type Weights,
} from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { misfitOf, written } from "./weights.ts";

/** The table `[V, D]`, and the input `[T]` that has the ids. */
export type Lookup = { readonly table: string; readonly ids: string };

export type LookedUp = {
  /** Reads the rows as inputs `[T, D]`, under names that no other input has. */
  readonly graph: Graph;
  readonly lookups: ReadonlyMap<string, Lookup>;
};

const lookupOf = (x: Expr): (Lookup & { readonly shape: Shape }) | undefined => {
  if (x.op !== "gather" || x.params.axis !== -2) return undefined;
  const [table, ids] = x.inputs as readonly [Expr, Expr];
  if (table.op !== "weight" || table.params.shape.length !== 2) return undefined;
  if (ids.op !== "input" || ids.params.shape.length !== 1) return undefined;
  const shape = [ids.params.shape[0] as Dim, table.params.shape[1] as Dim];
  return { table: table.params.name, ids: ids.params.name, shape };
};

/** Nothing is changed where rows cannot be had alone. */
export const lookedUp = (graph: Graph, weights: Weights): LookedUp => {
  const lookups = new Map<string, Lookup>();
  const taken = new Set(leavesOf(graph).map(({ params }) => params.name));
  const nameOf = ({ table, ids }: Lookup, more = ""): string => {
    const name = `rows of ${table} at ${ids}${more}`;
    return taken.has(name) ? nameOf({ table, ids }, `${more}'`) : name;
  };
  const made = rewrite(graph, (now, old) => {
    const found = lookupOf(old);
    if (found === undefined || weights.rows?.(found.table) === undefined) return now;
    const { table, ids, shape } = found;
    const name = nameOf(found);
    lookups.set(name, { table, ids });
    const leaf = input(name, shape);
    return old.site === undefined ? leaf : { ...leaf, site: old.site };
  });
  return { graph: made, lookups };
};

/** Ids that follow one another: `[place of the first, how many]`. */
const stretches = (ids: ArrayLike<number>): readonly (readonly [begin: number, count: number])[] => {
  const found: (readonly [number, number])[] = [];
  for (let begin = 0, end = 1; end <= ids.length; end++) {
    if (ids[end] === (ids[end - 1] as number) + 1) continue;
    found.push([begin, end - begin]);
    begin = end;
  }
  return found;
};

/** Rows of a table as a file has them, brought into f32 where they will lie. */
const readRows =
  (weights: Weights, table: string, ids: ArrayLike<number>, out: Float32Array) =>
  ([begin, count]: readonly [number, number]): Faulty<void> =>
    pipe(
      (weights.rows?.(table) ?? internal(`${table} has rows`))(ids[begin] as number, count),
      TE.chain((rows) => {
        const misfit = misfitOf(table, weights, rows, count);
        if (misfit !== undefined) return TE.left<readonly Fault[], void>([misfit]);
        const width = out.length / ids.length;
        written(rows, out.subarray(begin * width, (begin + count) * width));
        return TE.right(undefined);
      }),
    );

const copyRows = (table: Float32Array, ids: ArrayLike<number>, out: Float32Array): void => {
  const width = out.length / ids.length;
  for (let i = 0; i < ids.length; i++) {
    const row = ids[i] as number;
    out.set(table.subarray(row * width, (row + 1) * width), i * width);
  }
};

/**
 * The inputs that a run's ids stand for, beside those that it has; ids were checked. `kept` gives a table that is in memory.
 * Faults: those of reading, other rows than were described.
 */
export const rowsFor = (
  lookups: ReadonlyMap<string, Lookup>,
  weights: Weights,
  kept: (table: string) => Float32Array | undefined,
  inputs: Tensors,
): Faulty<Tensors> =>
  pipe(
    [...lookups],
    TE.traverseSeqArray(([name, { table, ids: named }]) => {
      const ids = (inputs[named] as Tensor).data;
      const width = weights.describe(table)?.shape[1] ?? 0;
      const out = new Float32Array(ids.length * width);
      const rows = [name, tensor("f32", [ids.length, width], out)] as const;
      const there = kept(table);
      if (there === undefined)
        return pipe(
          stretches(ids),
          TE.traverseArray(readRows(weights, table, ids, out)),
          TE.map(() => rows),
        );
      copyRows(there, ids, out);
      return TE.right(rows);
    }),
    TE.map((found) => ({ ...inputs, ...Object.fromEntries(found) })),
  );
