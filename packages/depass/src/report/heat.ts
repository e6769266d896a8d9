// Where in the model is it? A row a layer, a cell a head in the colour of its score, behind a gap the layer's modules on a
// scale of their own. A line has two rows (half blocks).
import { halfLines, pairs } from "./half.ts";
import type { Ink } from "./ink.ts";

export type Heat = {
  /** `[L][H]`. */
  readonly heads: readonly (readonly number[])[];
  /** `[L]` each. */
  readonly attention: readonly number[];
  readonly mlp: readonly number[];
};

const LABEL = "layer".length;
const GAP = "  ";
const CELL = 3; // columns of a head: its number and a space
const MODULE = 4; // columns of a module: `attn`

export const largestOf = (scores: readonly number[]): number => scores.reduce((m, s) => Math.max(m, Math.abs(s)), 0);

/** Columns that a map of so many heads takes, with cells of that width. */
const widthFor = (heads: number, cell: number): number => LABEL + heads * cell + 2 * (GAP.length + MODULE) + GAP.length;

const cellFor = (heads: number, columns: number): number | undefined =>
  [CELL, 2, 1].find((cell) => widthFor(heads, cell) <= columns);

/** Numbers of the columns where there is room for them, else of every tenth. */
export const numbers = (heads: number, cell: number): string =>
  Array.from({ length: heads }, (_, h) => h)
    .map((h) => (cell > 1 && heads <= 100 ? `${h}`.padStart(Math.min(cell, 2)).padEnd(cell) : h % 10 === 0 ? "┆" : " "))
    .join("");

/** Nothing without colours, or in a terminal too narrow for the heads. */
export const heatMap = ({ heads, attention, mlp }: Heat, columns: number, ink: Ink): readonly string[] => {
  const count = heads.reduce((most, row) => Math.max(most, row.length), 0);
  const cell = cellFor(count, columns);
  if (ink.plain || cell === undefined) return [];
  const [ofHeads, ofModules] = [largestOf(heads.flat()), largestOf([...attention, ...mlp])];
  const labels = pairs(heads.map((_, l) => `${l}`)).map((label) => ink.dim(label.padStart(LABEL)));
  const [cells, ofAttention, ofMlp] = [
    halfLines(
      heads.map((row) => [...row, ...new Array<number>(count - row.length).fill(0)]),
      ofHeads,
      cell,
      ink,
    ),
    ...[attention, mlp].map((scores) =>
      halfLines(
        scores.map((s) => [s]),
        ofModules,
        MODULE,
        ink,
      ),
    ),
  ];
  return [
    ink.dim(["layer", numbers(count, cell), "attn", "mlp "].join(GAP)),
    ...labels.map((label, i) => [label, cells?.[i], ofAttention?.[i], ofMlp?.[i]].join(GAP)),
  ];
};
