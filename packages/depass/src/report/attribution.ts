// What does a person see of an attribution? The prompt as a coloured strip, a table of the parts, whether they add up, and
// what ran where.
import type { Attribution, PartScore } from "../result.ts";
import { type FactOptions, factLines, goal, WIDEST } from "./facts.ts";
import type { Ink } from "./ink.ts";
import { layerLines } from "./layers.ts";
import { legend } from "./legend.ts";
import { piecesOf } from "./pieces.ts";
import { promotedLines, type Speaker } from "./promoted.ts";
import { strip } from "./strip.ts";
import { type Row, table } from "./table.ts";
import { visible } from "./visible.ts";

export type ReportOptions = FactOptions & {
  /** A row for every token, however many there are. */
  readonly all: boolean;
};

/** Rows of tokens unless all are wanted: with the rest, about a screen. */
const MOST_ROWS = 30;

/** A part of a character is told with the character. */
const rowText = ({ name, token }: PartScore, { tokens, prompt }: Attribution): string => {
  const found = token === undefined ? undefined : tokens[token];
  const shown = visible(name);
  return found === undefined || found.whole ? shown : `${shown} of ${visible(prompt.slice(found.start, found.end))}`;
};

const rowsOf = (a: Attribution): readonly Row[] =>
  a.parts.map((part, number) => ({
    text: rowText(part, a),
    score: part.score,
    ...(number < a.parts.length - 2 && { number }),
  }));

/** What the parts promote, for as many parts as the table has rows of. */
const voices = (a: Attribution, most: number, columns: number, ink: Ink): readonly string[] => {
  const speakers = a.parts.map((part) => ({ text: rowText(part, a), part }));
  const lines = promotedLines(strongest(speakers, most), columns, ink);
  return lines.length === 0 ? [] : [...lines, ""];
};

const strongest = (speakers: readonly Speaker[], most: number): readonly Speaker[] => {
  const kept = new Set([...speakers].sort((x, y) => Math.abs(y.part.score) - Math.abs(x.part.score)).slice(0, most));
  return speakers.filter((s) => kept.has(s));
};

const sumLine = (a: Attribution): string =>
  `parts ${a.total.toFixed(4)}, ${goal(a)}, relative gap ${a.gap.toExponential(1)}`;

const methodLine = ({ rule, seed, mode, to }: Attribution): string =>
  `rule ${rule}; seed ${seed}${to === undefined ? "" : `; read at ${to}`}${mode === "adjoint" ? "; by one pass backwards" : ""}`;

/** The whole report, one string a line. */
export const report = (a: Attribution, options: ReportOptions): readonly string[] => {
  const { ink, all } = options;
  const columns = Math.min(options.columns, WIDEST);
  const pieces = piecesOf(a);
  const largest = pieces.reduce((m, p) => Math.max(m, Math.abs(p.score)), 0);
  const most = all ? Number.POSITIVE_INFINITY : MOST_ROWS;
  const named = a.parts.length - 2;
  const what = a.parts.slice(0, named).every((p) => p.token !== undefined) ? "token" : "part";
  const layers = layerLines(a, { ink, columns: options.columns, most });
  const hidden = named > most ? [ink.dim(`the ${most} largest of ${named} ${what}s; --all shows all`)] : [];
  return [
    ...strip(pieces, a.target.text, largest, ink, columns),
    "",
    ...legend(largest, ink, columns),
    ...(ink.plain ? [] : [""]),
    ...hidden,
    ...table(rowsOf(a), { total: a.total, most, columns, what }, ink),
    "",
    ...(layers.length === 0 ? [] : [...layers, ""]),
    ...voices(a, most, columns, ink),
    ...factLines(a, sumLine(a), methodLine(a), options),
  ];
};
