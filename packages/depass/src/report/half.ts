// Rows of scores as coloured lines, two rows a line.
import type { Ink } from "./ink.ts";

/** Names of two rows for each line: `0,1`. */
export const pairs = (names: readonly string[]): readonly string[] =>
  names.flatMap((name, i) => (i % 2 === 0 ? [[name, ...names.slice(i + 1, i + 2)].join(",")] : []));

/** Rows of equal length, on a scale from -largest to largest, each number in so many columns. */
export const halfLines = (
  rows: readonly (readonly number[])[],
  largest: number,
  cell: number,
  ink: Ink,
): readonly string[] => {
  const at = (score: number | undefined): number => (largest > 0 ? (score ?? 0) / largest : 0);
  return rows.flatMap((row, i) =>
    i % 2 === 0 ? [row.map((score, x) => ink.halves(at(score), at(rows[i + 1]?.[x]))(cell)).join("")] : [],
  );
};
