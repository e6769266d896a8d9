// Which tokens does each part speak for and against? A row a part; as many tokens as fit the line.
import type { PartScore, TokenScore } from "../result.ts";
import type { Ink } from "./ink.ts";
import { signed } from "./numbers.ts";
import { asCell, visible } from "./visible.ts";
import { clipTo, padTo, widthOf } from "./width.ts";

export type Speaker = { readonly text: string; readonly part: PartScore };

const GAP = "  ";
const DECIMALS = 2;

const told = ({ text, score }: TokenScore): string => `${asCell(visible(text))} ${signed(score, DECIMALS)}`;

/** Those that fit the columns whole, the first of them in any case. */
const fitting = (tokens: readonly TokenScore[], columns: number): string =>
  tokens.map(told).reduce((line, next) => {
    if (line === "") return clipTo(next, columns);
    const longer = `${line}${GAP}${next}`;
    return line.endsWith("…") || widthOf(longer) > columns ? line : longer;
  }, "");

/** Parts without such tokens have no row; nothing where none has any. */
export const promotedLines = (speakers: readonly Speaker[], columns: number, ink: Ink): readonly string[] => {
  const speaking = speakers.filter(({ part }) => part.promotes !== undefined);
  if (speaking.length === 0) return [];
  const label = Math.min(24, Math.max("part".length, ...speaking.map(({ text }) => widthOf(text))));
  const half = Math.max(12, Math.floor((columns - label - 2 * GAP.length) / 2));
  const line = (text: string, promotes: string, suppresses: string): string =>
    [padTo(clipTo(text, label), label), padTo(promotes, half), suppresses].join(GAP).trimEnd();
  return [
    ink.dim(line("part", clipTo("raises the logits of", half), clipTo("lowers, or raises least, those of", half))),
    ...speaking.map(({ text, part }) =>
      line(asCell(text), fitting(part.promotes ?? [], half), fitting(part.suppresses ?? [], half)),
    ),
  ];
};
