// A table as CSV (RFC 4180) and as Markdown (GitHub's tables). Any text may be in it: in both nothing is invisible that could
// command a terminal, and in neither does a text end its cell.
import type { Cell, Records } from "./records.ts";
import { harmless, visible } from "./visible.ts";

/** What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), in full width, too. */
const formula = /^[=+\-@＝＋－＠\t\r\n]/u;
const plainNumber = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** An apostrophe in front makes it a text. */
const defused = (text: string): string => (formula.test(text) && !plainNumber.test(text) ? `'${text}` : text);

const quotedCell = (cell: Cell): string => {
  const text = defused(harmless(`${cell}`));
  return /[",\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
};

/**
 * A header, then a record a row, each ended by CRLF. Numbers with all their digits, texts with their spaces; a text that a
 * spreadsheet would run as a formula has an apostrophe in front.
 */
export const csv = ({ columns, rows }: Records): string =>
  [columns, ...rows].map((row) => `${row.map(quotedCell).join(",")}\r\n`).join("");

/** CommonMark takes a backslash before any ASCII punctuation. */
const escaped = (text: string): string => text.replace(/[!-/:-@[-`{-~]/g, "\\$&");

/** Digits of a number that somebody reads; CSV and JSON have all. */
const DIGITS = 6;

const shownCell = (cell: Cell): string =>
  typeof cell === "number" ? `${Number(cell.toPrecision(DIGITS))}` : escaped(visible(cell));

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** What it is of in a line, then the table; columns of numbers are aligned at their right. */
export const markdown = ({ about, columns, rows }: Records): string => {
  const isNumber = columns.map((_, i) => rows.some((row) => typeof row[i] === "number"));
  return [
    escaped(harmless(about)),
    "",
    line(columns.map((name) => escaped(visible(name).replaceAll("·", " ")))),
    line(isNumber.map((number) => (number ? "--:" : ":--"))),
    ...rows.map((row) => line(row.map(shownCell))),
  ].join("\n");
};
