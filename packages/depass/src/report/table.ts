// How much did each part supply? One row a part: number, text, signed score, bar, share of the total.
import { type BarScale, bar, barScale } from "./bar.ts";
import type { Ink } from "./ink.ts";
import { decimalsFor, percent, signed } from "./numbers.ts";
import { asCell } from "./visible.ts";
import { clipTo, padTo, widthOf } from "./width.ts";

export type Row = {
  /** A token's number; none for bias and remainder. */
  readonly number?: number;
  /** As shown, every character visible. */
  readonly text: string;
  readonly score: number;
};

export type TableOptions = {
  /** What the shares are of. */
  readonly total: number;
  /** Rows with a number, at most; those with the largest scores are kept, in their order. */
  readonly most: number;
  readonly columns: number;
  /** What a row is. Default: a token. */
  readonly what?: string;
};

type Layout = {
  readonly number: number;
  readonly text: number;
  readonly decimals: number;
  readonly score: number;
  readonly bars: BarScale | undefined;
};

const SHARE = 9; // columns of `-1234.5 %`
const GAP = "  ";
const LEAST_BAR = 9; // columns; less says nothing
const MOST_BAR = 61;

const layOut = (rows: readonly Row[], total: number, columns: number): Layout => {
  const scores = rows.map((r) => r.score);
  const decimals = decimalsFor(scores.reduce((m, s) => Math.max(m, Math.abs(s)), 0));
  const number = Math.max(1, ...rows.map((r) => `${r.number ?? ""}`.length));
  const score = Math.max("score".length, ...[...scores, total].map((s) => signed(s, decimals).length));
  const room = columns - number - score - SHARE - 4 * GAP.length;
  const text = Math.min(
    Math.max("token".length, ...rows.map((r) => widthOf(r.text))),
    Math.max(12, Math.floor(room / 2)),
  );
  const left = Math.min(MOST_BAR, room - text);
  return { number, text, decimals, score, bars: left < LEAST_BAR ? undefined : barScale(scores, left) };
};

/** All scores together, whatever their signs. */
export const sizeOf = (scores: readonly number[]): number => scores.reduce((sum, s) => sum + Math.abs(s), 0);

/** A share of next to nothing, measured by the size of all scores, says nothing. */
export const shareOf = (score: number, total: number, size: number): string =>
  Math.abs(total) > 1e-3 * size ? percent(score / total) : "–";

const drawnBar = (score: number, bars: BarScale, ink: Ink): string => {
  const [left, zero, right] = bar(score, bars);
  const paint = ink.ofSign(score);
  return `${left.trim() === "" ? left : paint(left)}${ink.dim(zero)}${right.trim() === "" ? right : paint(right)}`;
};

const line = (row: Row, layout: Layout, share: string, ink: Ink): string => {
  const { number, text, decimals, score, bars } = layout;
  const zero = row.score === 0;
  const label = padTo(clipTo(row.text, text), text);
  const cells = [
    ink.dim(`${row.number ?? ""}`.padStart(number)),
    row.number === undefined || zero ? ink.dim(label) : asCell(label),
    zero ? ink.dim(signed(0, decimals).padStart(score)) : signed(row.score, decimals).padStart(score),
    ...(bars === undefined ? [] : [drawnBar(row.score, bars, ink)]),
    ink.dim(share.padStart(SHARE)),
  ];
  return cells.join(GAP);
};

const header = ({ number, text, score, bars }: Layout, what: string, ink: Ink): string =>
  ink.dim(
    [
      "#".padStart(number),
      padTo(what, text),
      "score".padStart(score),
      ...(bars === undefined ? [] : [" ".repeat(bars.left + 1 + bars.right)]),
      "share".padStart(SHARE),
    ].join(GAP),
  );

const largestOf = (rows: readonly Row[], most: number): readonly Row[] => {
  const kept = new Set([...rows].sort((a, b) => Math.abs(b.score) - Math.abs(a.score)).slice(0, most));
  return rows.filter((r) => kept.has(r));
};

export type LineOptions = {
  /** What the shares are of. */
  readonly total: number;
  readonly columns: number;
  /** What the rows are. */
  readonly what: string;
};

/** Rows as they come, under a header; `all` are those that a total is told by. */
export const rowLines = (
  rows: readonly Row[],
  { total, columns, what }: LineOptions,
  ink: Ink,
  all: readonly Row[] = rows,
): readonly string[] => {
  const layout = layOut(rows, total, columns);
  const size = sizeOf(all.map((r) => r.score));
  return [header(layout, what, ink), ...rows.map((r) => line(r, layout, shareOf(r.score, total, size), ink))];
};

/** Rows of tokens as in the prompt, then a row for those left out, then bias and remainder, then the total. */
export const table = (
  rows: readonly Row[],
  { total, most, columns, what = "token" }: TableOptions,
  ink: Ink,
): readonly string[] => {
  const tokens = rows.filter((r) => r.number !== undefined);
  const shown = tokens.length > most ? largestOf(tokens, most) : tokens;
  const rest = tokens.filter((r) => !shown.includes(r));
  const others: Row = {
    text: `${rest.length} others`,
    score: rest.reduce((sum, r) => sum + r.score, 0),
  };
  const extras = rows.filter((r) => r.number === undefined);
  const all = [...shown, ...(rest.length > 0 ? [others] : []), ...extras];
  const layout = layOut(all, total, columns);
  const sum = [
    " ".repeat(layout.number),
    ink.bold(padTo("total", layout.text)),
    ink.bold(signed(total, layout.decimals).padStart(layout.score)),
  ].join(GAP);
  return [...rowLines(all, { total, columns, what }, ink, rows), sum];
};
