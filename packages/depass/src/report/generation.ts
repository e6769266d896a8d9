// What does a person see of an explained continuation? Of each generated token what supplied most of it, whether its parts
// add up, and for a citation the prompt's stretches in order.
import type { Citation } from "../cite.ts";
import type { ExplainedToken, GeneratedExplanation } from "../explain-generated.ts";
import type { Ink } from "./ink.ts";
import { table } from "./table.ts";
import { asCell, visible } from "./visible.ts";
import { widthOf } from "./width.ts";

export type GenerationReport = { readonly ink: Ink; readonly columns: number };

/** Earlier tokens named of each generated one: as many as fit on a line. */
const NAMED = 3;
const GAP = "  ";
/** Sources of a citation that are shown. */
const MOST = 20;

const textAt = ({ encoding }: GeneratedExplanation, token: number): string =>
  asCell(visible(encoding.tokens[token]?.text ?? ""));

const partAt = (e: GeneratedExplanation, part: number): string => asCell(visible(e.parts[part]?.name ?? ""));

const strongest = ({ scores }: ExplainedToken): readonly number[] =>
  [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number)).slice(0, NAMED);

const padded = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - widthOf(text)));

/** What the tokens are told apart from, as a column; nothing where none is. */
const foilColumn = (e: GeneratedExplanation): readonly string[] => {
  const texts = e.tokens.map(({ foils = [] }) => foils.map(({ text }) => asCell(visible(text))).join(", "));
  const widest = Math.max(...texts.map(widthOf));
  if (widest === 0) return texts;
  return texts.map((text) => padded(text === "" ? "" : ` not ${text}`, widest + " not ".length));
};

/** Those that fit, the first of them in any case. */
const fitting = (pairs: readonly (readonly [name: string, score: string])[], room: number) => {
  let used = 0;
  return pairs.filter(([name, score], i) => {
    used += (i === 0 ? 0 : GAP.length) + widthOf(name) + 1 + score.length;
    return i === 0 || used <= room;
  });
};

/** A line for each generated token: its logit, or how much it is above its foils', and what supplied most of that. */
export const explainedLines = (e: GeneratedExplanation, { ink, columns }: GenerationReport): readonly string[] => {
  const names = e.tokens.map((t) => textAt(e, t.position));
  const [widest, foils] = [Math.max(...names.map(widthOf)), foilColumn(e)];
  return e.tokens.map((t, i) => {
    const explained = t.explained.toFixed(2).padStart(7);
    const told = `${padded(names[i] as string, widest)}${foils[i]} ${explained}${GAP}`;
    const from = strongest(t).map((s) => [partAt(e, s), (t.scores[s] as number).toFixed(2)] as const);
    const shown = fitting(from, columns - widthOf(told));
    return told + shown.map(([name, score]) => `${name} ${ink.dim(score)}`).join(GAP);
  });
};

/** How far any token's parts are from its logit or difference, and what was done. */
export const explainedFacts = (e: GeneratedExplanation): string => {
  const gap = e.tokens.reduce((most, t) => Math.max(most, t.gap), 0);
  const contrast = e.tokens.some((t) => t.foils !== undefined) ? "; differences of logits" : "";
  return `rule ${e.rule}; seed ${e.seed}${contrast}; largest relative gap ${gap.toExponential(1)}`;
};

const othersOf = ({ sources }: Citation): number => sources.slice(MOST).reduce((sum, s) => sum + s.score, 0);

/** The prompt's stretches, the highest score first, and what they do not have. */
export const citedLines = (c: Citation, { ink, columns }: GenerationReport): readonly string[] => {
  const rows = [
    ...c.sources.slice(0, MOST).map(({ text, score }) => ({ text: visible(text), score })),
    ...(c.sources.length > MOST ? [{ text: `${c.sources.length - MOST} others`, score: othersOf(c) }] : []),
    { text: "the answer itself", score: c.answer },
    { text: "bias and remainder", score: c.bias + c.remainder },
  ];
  const not = c.foil === undefined ? "" : `  ${ink.dim("and not")}  ${visible(c.foil)}`;
  return [
    `${ink.dim("from")}  ${visible(c.text)}${not}`,
    "",
    ...table(rows, { total: c.total, most: MOST, columns }, ink),
  ];
};
