// Where in the prompt does the score come from? The prompt itself, each token on the colour of its score.
// Line ends end lines.
import type { Ink } from "./ink.ts";
import type { Piece } from "./pieces.ts";
import { asCell, readable } from "./visible.ts";
import { graphemes, takeColumns, widthOf } from "./width.ts";

/** What is drawn of a piece. */
type Drawn = Pick<Piece, "text" | "score" | "added">;

/** A piece as drawn. `before` stands between it and the cell on its left, if there is one on its line. */
type Cell = {
  readonly shown: string;
  readonly paint: (shown: string) => string;
  readonly before: string;
  readonly endsLine: boolean;
};

/** Between tokens where no colour shows an edge. */
const EDGE = "│";

/** The piece's cells: one, and one more behind every line end within it. */
const cellsOf =
  (ink: Ink, largest: number) =>
  ({ text, score, added }: Drawn): readonly Cell[] => {
    const onScale = ink.onScale(largest > 0 ? score / largest : 0);
    return text.split(/(?<=\n)(?=[^\n])/u).map((line, i) => ({
      shown: readable(line),
      paint: added ? (shown) => onScale(ink.dim(shown)) : onScale,
      before: ink.plain && i === 0 ? EDGE : "",
      endsLine: line.endsWith("\n"),
    }));
  };

/** A cell that is wider than a line, in cells that are not. */
const cut = (cell: Cell, columns: number): readonly Cell[] => {
  const cells: Cell[] = [];
  let rest = cell.shown;
  while (widthOf(rest) > columns) {
    const head = takeColumns(rest, columns) || (graphemes(rest)[0] as string);
    cells.push({ ...cell, shown: head, endsLine: false });
    rest = rest.slice(head.length);
  }
  return [...cells, { ...cell, shown: rest }];
};

const inLines = (cells: readonly Cell[], columns: number): readonly (readonly Cell[])[] => {
  const lines: Cell[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const cell of cells) {
    const width = cell.before.length + widthOf(cell.shown);
    if (used + width > columns) {
      lines.push([cell]);
      used = widthOf(cell.shown);
    } else {
      (lines.at(-1) as Cell[]).push(cell);
      used += width;
    }
    if (cell.endsLine) used = Number.POSITIVE_INFINITY;
  }
  return lines;
};

const drawn = (line: readonly Cell[]): string =>
  line.map(({ before, shown, paint }, i) => (i === 0 ? "" : before) + paint(shown)).join("");

const ARROW = " ▸";

/** The strip's lines, with what comes next behind the last. `largest` is the score at the end of the scale. */
export const strip = (
  pieces: readonly Drawn[],
  next: string,
  largest: number,
  ink: Ink,
  columns: number,
): readonly string[] => {
  const target: Cell = {
    shown: `${ARROW}${asCell(readable(next))}`,
    paint: (shown) => ink.dim(ARROW) + ink.bold(shown.slice(ARROW.length)),
    before: "",
    endsLine: false,
  };
  const cells = pieces.flatMap(cellsOf(ink, largest)).flatMap((cell) => cut(cell, columns - 1));
  return inLines([...cells, target], columns).map(drawn);
};
