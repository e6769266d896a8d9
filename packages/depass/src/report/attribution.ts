// What does a person see of an attribution? The prompt as a coloured strip, a table of the parts, whether they add up, and
// what ran where.
import type { Attribution, PartScore } from "../result.ts";
import type { Ink } from "./ink.ts";
import { legend } from "./legend.ts";
import { duration, percent } from "./numbers.ts";
import { piecesOf } from "./pieces.ts";
import { strip } from "./strip.ts";
import { type Row, table } from "./table.ts";
import { harmless, quoted, visible } from "./visible.ts";
import { wrapWords } from "./width.ts";

export type ReportOptions = {
  readonly ink: Ink;
  /** Columns of the terminal. */
  readonly columns: number;
  /** A row for every token, however many there are. */
  readonly all: boolean;
  /** The target is what the model itself would say next. */
  readonly own: boolean;
};

/** Rows of tokens unless all are wanted: with the rest, about a screen. */
const MOST_ROWS = 30;
/** Wider lines are hard to read. */
const WIDEST = 120;

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

/** A word and what belongs to it, the latter wrapped and in a column. */
const entry = (name: string, text: string, { ink, columns }: ReportOptions): readonly string[] => {
  const label = 9; // columns of the longest name and a gap
  return wrapWords(harmless(text), Math.max(20, Math.min(columns, WIDEST) - label)).map((line, i) =>
    i === 0 ? `${ink.dim(name.padEnd(label))}${line}` : `${" ".repeat(label)}${line}`,
  );
};

const targetLine = ({ target }: Attribution, own: boolean): string =>
  `${quoted(target.text)} (#${target.id}), logit ${target.logit.toFixed(4)}, probability ${percent(target.probability, 2)}${
    own ? ", the likeliest next token" : ""
  }`;

/** What the parts are to sum to. */
const goal = ({ target: { logit, explained: bent }, foils, explained }: Attribution): string => {
  if (foils !== undefined) return `difference of logits ${explained.toFixed(4)}`;
  return bent === undefined
    ? `logit ${logit.toFixed(4)}`
    : `logit before the softcap of ${bent.softcap} ${bent.logit.toFixed(4)}`;
};

const sumLine = (a: Attribution): string =>
  `parts ${a.total.toFixed(4)}, ${goal(a)}, relative gap ${a.gap.toExponential(1)}`;

const foilLine = ({ foils = [] }: Attribution): string =>
  foils.map((f) => `${quoted(f.text)} (#${f.id}), logit ${f.logit.toFixed(4)}`).join("; ");

const methodLine = ({ rule, seed, mode, to }: Attribution): string =>
  `rule ${rule}; seed ${seed}${to === undefined ? "" : `; read at ${to}`}${mode === "adjoint" ? "; by one pass backwards" : ""}`;

const timeLine = ({ times }: Attribution): string =>
  [
    ...(times.load === undefined ? [] : [`load ${duration(times.load)}`]),
    `prepare ${duration(times.prepare)}`,
    `run ${duration(times.run)}`,
  ].join(", ");

const facts = (a: Attribution, o: ReportOptions): readonly string[] => [
  ...entry("target", targetLine(a, o.own), o),
  ...(a.foils === undefined ? [] : entry("foil", foilLine(a), o)),
  ...entry("sum", sumLine(a), o),
  ...entry("method", methodLine(a), o),
  ...entry("model", `${a.model.path} (${a.model.family}, ${a.model.layers} layers)`, o),
  ...entry("backend", `${a.backend.name} on ${a.backend.device}: ${a.backend.why}`, o),
  ...entry("time", timeLine(a), o),
];

/** The whole report, one string a line. */
export const report = (a: Attribution, options: ReportOptions): readonly string[] => {
  const { ink, all } = options;
  const columns = Math.min(options.columns, WIDEST);
  const pieces = piecesOf(a);
  const largest = pieces.reduce((m, p) => Math.max(m, Math.abs(p.score)), 0);
  const most = all ? Number.POSITIVE_INFINITY : MOST_ROWS;
  const named = a.parts.length - 2;
  const what = a.parts.slice(0, named).every((p) => p.token !== undefined) ? "token" : "part";
  const hidden = named > most ? [ink.dim(`the ${most} largest of ${named} ${what}s; --all shows all`)] : [];
  return [
    ...strip(pieces, a.target.text, largest, ink, columns),
    "",
    ...legend(largest, ink),
    ...(ink.plain ? [] : [""]),
    ...hidden,
    ...table(rowsOf(a), { total: a.total, most, columns, what }, ink),
    "",
    ...facts(a, options),
  ];
};
