// What else does a reader of scores want to know? What was asked, by which method, of which model, on what, in what time.
import { type Attribution, isComponent } from "../result.ts";
import type { Ink } from "./ink.ts";
import { duration, percent } from "./numbers.ts";
import { harmless, quoted } from "./visible.ts";
import { wrapWords } from "./width.ts";

export type Facts = Pick<
  Attribution,
  "to" | "target" | "foils" | "direction" | "explained" | "model" | "backend" | "times"
>;

export type FactOptions = {
  readonly ink: Ink;
  /** Columns of the terminal. */
  readonly columns: number;
  /** The target is what the model itself would say next. */
  readonly own: boolean;
};

/** Wider lines are hard to read. */
export const WIDEST = 120;

/** A word and what belongs to it, the latter wrapped and in a column. */
const entry = (name: string, text: string, { ink, columns }: FactOptions): readonly string[] => {
  const label = 9; // columns of the longest name and a gap
  return wrapWords(harmless(text), Math.max(20, Math.min(columns, WIDEST) - label)).map((line, i) =>
    i === 0 ? `${ink.dim(name.padEnd(label))}${line}` : `${" ".repeat(label)}${line}`,
  );
};

const targetLine = ({ target, direction }: Facts, own: boolean): string =>
  (direction ? "a direction of one's own; of tokens " : "") +
  `${quoted(target.text)} (#${target.id}), logit ${target.logit.toFixed(4)}, probability ${percent(target.probability, 2)}${
    own ? ", the likeliest next token" : ""
  }`;

/** What the parts are to sum to. */
export const goal = ({ target: { logit, explained: bent }, foils, direction, explained, to }: Facts): string => {
  if (direction) return `${isComponent(to) ? `${to} adds along it` : "the state along it"} ${explained.toFixed(4)}`;
  if (isComponent(to))
    return `${to} adds ${explained.toFixed(4)}${foils === undefined ? "" : " to the difference of logits"}`;
  if (foils !== undefined) return `difference of logits ${explained.toFixed(4)}`;
  return bent === undefined
    ? `logit ${logit.toFixed(4)}`
    : `logit before the softcap of ${bent.softcap} ${bent.logit.toFixed(4)}`;
};

const foilLine = ({ foils = [] }: Facts): string =>
  foils.map((f) => `${quoted(f.text)} (#${f.id}), logit ${f.logit.toFixed(4)}`).join("; ");

const timeLine = ({ times }: Facts): string =>
  [
    ...(times.load === undefined ? [] : [`load ${duration(times.load)}`]),
    `prepare ${duration(times.prepare)}`,
    `run ${duration(times.run)}`,
  ].join(", ");

/** One string a line; `sum` says how the scores add up, `method` what made them. */
export const factLines = (a: Facts, sum: string, method: string, o: FactOptions): readonly string[] => [
  ...entry("target", targetLine(a, o.own), o),
  ...(a.foils === undefined ? [] : entry("foil", foilLine(a), o)),
  ...entry("sum", sum, o),
  ...entry("method", method, o),
  ...entry("model", `${a.model.path} (${a.model.family}, ${a.model.layers} layers)`, o),
  ...entry("backend", `${a.backend.name} on ${a.backend.device}: ${a.backend.why}`, o),
  ...entry("time", timeLine(a), o),
];
