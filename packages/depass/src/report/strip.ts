// Where in the prompt does the score come from? The prompt itself, each token on the colour of its score.
// Tokens that divide one character are one piece here, with the sum of their scores; line ends end lines.
import type { Token } from "@depass/models";
import type { Ink } from "./ink.ts";
import { joined, textOf } from "./joined.ts";
import { asCell, readable } from "./visible.ts";
import { graphemes, takeColumns, widthOf } from "./width.ts";

/** A stretch of text with one score; `added`: not from the text but put there by the tokenizer. */
export type Piece = { readonly text: string; readonly score: number; readonly added: boolean };

/** The prompt in pieces, from its tokens and the score of each. */
export const piecesOf = (prompt: string, tokens: readonly Token[], scores: readonly number[]): readonly Piece[] =>
  joined(prompt, tokens).map((group) => {
    const own = group.map((i) => tokens[i] as Token);
    return {
      text: textOf(own, prompt),
      score: group.reduce((sum, i) => sum + (scores[i] ?? 0), 0),
      added: own[0]?.origin === "tokenizer",
    };
  });

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
  ({ text, score, added }: Piece): readonly Cell[] => {
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
  pieces: readonly Piece[],
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
