// Which stretch of a written text is to be explained? Its tokens' scores are added, and the sum is drawn as the scores of one
// answer are.
import type { Token } from "@depass/models";
import type { Unit } from "../cite.ts";
import { foilText } from "../foil-text.ts";
import type { AttributionJson, PartScore } from "../result.ts";
import type { WrittenJson } from "./written.ts";

/** New tokens counted from 0, `to` not included. */
export type Range = { readonly from: number; readonly to: number };

const endOf = ({ tokens, text }: WrittenJson, place: number): number => tokens[place]?.end ?? text.length;
const startOf = ({ tokens, text }: WrittenJson, place: number): number => tokens[place]?.start ?? text.length;

/** Those of a text of the answer; all where it is not there. */
export const rangeOf = (written: WrittenJson, text: string | undefined): Range => {
  const { lines, promptTokens } = written;
  const all = { from: 0, to: lines.length };
  const start = text ? written.text.indexOf(text, startOf(written, promptTokens)) : -1;
  if (text === undefined || start < 0) return all;
  const touched = lines.flatMap(({ position }, i) =>
    startOf(written, position) < start + text.length && endOf(written, position) > start ? [i] : [],
  );
  return touched.length === 0 ? all : { from: touched[0] as number, to: (touched.at(-1) as number) + 1 };
};

/** The word or the sentence of the answer that a new token is in, as far as it is explained. */
export const spanAt = (
  { spans, lines }: Pick<WrittenJson, "spans" | "lines">,
  unit: keyof WrittenJson["spans"],
  token: number,
): Range => {
  const [from, to] = spans[unit].find(([first, end]) => token >= first && token < end) ?? [token, token + 1];
  return { from, to: Math.min(to, lines.length) };
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const tokenParts = (tokens: readonly Token[], scores: readonly number[]): readonly PartScore[] =>
  scores.map((score, token) => ({ name: (tokens[token] as Token).text, score, token }));

/** The prompt in words or sentences, and the answer before the stretch as one part. */
const groupParts = (written: WrittenJson, by: "word" | "sentence", scores: readonly number[]): readonly PartScore[] => {
  const { promptTokens, groups } = written;
  const own = scores.flatMap((_, i) => (i < promptTokens ? [] : [i]));
  const answer = {
    text: written.text.slice(startOf(written, promptTokens), endOf(written, scores.length - 1)),
    tokens: own,
  };
  return [...groups[by], ...(own.length === 0 ? [] : [answer])].map(({ text, tokens }) => ({
    name: text,
    score: sum(tokens.map((t) => scores[t] as number)),
    ...(tokens.length === 1 ? { token: tokens[0] as number } : { tokens }),
  }));
};

/** A token's foils; those of several together: their texts behind one another, as the tokens' own stand. */
const foilsOf = (own: WrittenJson["lines"]): Pick<AttributionJson, "foils"> => {
  if (own.every((line) => line.foils === undefined)) return {};
  const all = own.map(({ foils = [], probability }) =>
    foils.map(({ timesAsLikely, ...foil }) => ({ ...foil, probability: probability * timesAsLikely })),
  );
  if (own.length === 1) return { foils: all.flat() };
  return {
    foils: [
      {
        id: -1,
        text: foilText(all),
        logit: sum(own.map((line) => line.logit - line.explained)),
        probability: all.reduce((p, [foil]) => p * (foil?.probability ?? 1), 1),
      },
    ],
  };
};

/** The scores of all tokens before the last of a stretch, for the sum of its tokens' logits or of their differences to the foils'. */
export const chosen = (written: WrittenJson, { from, to }: Range, by: Unit): AttributionJson => {
  const { tokens, lines, rule, seed, model, backend, device, why, times } = written;
  const own = lines.slice(from, to);
  const last = own.at(-1)?.position ?? 0;
  const first = own[0]?.position ?? 0;
  const scores = Array.from({ length: last }, (_, token) => sum(own.map((line) => line.scores[token] ?? 0)));
  const [total, logit, explained] = (["total", "logit", "explained"] as const).map((of) =>
    sum(own.map((l) => l[of])),
  ) as [number, number, number];
  const parts = by === "token" ? tokenParts(tokens, scores) : groupParts(written, by, scores);
  const text = written.text.slice(startOf(written, first), endOf(written, last));
  return {
    ...{ model, backend, device, why, rule, seed, total, times },
    mode: "forward" as const,
    prompt: written.text.slice(0, startOf(written, last)),
    tokens: tokens.slice(0, last),
    position: last - 1,
    target: { id: tokens[last]?.id ?? 0, text, logit, probability: own.reduce((p, l) => p * l.probability, 1) },
    ...foilsOf(own),
    explained,
    parts: [
      ...parts,
      { name: "bias", score: sum(own.map((l) => l.bias)) },
      { name: "remainder", score: sum(own.map((l) => l.remainder)) },
    ],
    gap: Math.abs(total - explained) / Math.max(Math.abs(explained), Math.abs(logit), Number.MIN_VALUE),
  };
};
