// A text that the model wrote as the page carries it: each new token with the scores of all before it.
import { answerSpans, groupsOf, type Unit } from "../cite.ts";
import type { ExplainedToken, GeneratedExplanation } from "../explain-generated.ts";
import type { Generation } from "../generate.ts";
import { type Attribution, toJson } from "../result.ts";

export type Written = {
  readonly generation: Generation;
  readonly explanation: GeneratedExplanation;
  readonly model: Attribution["model"];
  /** What ran it, where that is known. */
  readonly backend?: Attribution["backend"];
  /** Text of the answer that the page begins with; default: all of it. */
  readonly cited?: string;
};

type Line = Omit<ExplainedToken, "scores"> & { readonly scores: readonly number[]; readonly probability: number };

export type WrittenJson = Pick<GeneratedExplanation, "rule" | "seed" | "promptTokens"> &
  Pick<Attribution, "model" | "tokens"> & {
    readonly backend: string;
    readonly device: string;
    readonly why: string;
    readonly text: string;
    readonly finish: Generation["finish"];
    /** Of each new token, as many as fit. */
    readonly lines: readonly Line[];
    /** How many tokens the model wrote. */
    readonly count: number;
    /** The prompt's tokens in words and in sentences. */
    readonly groups: Readonly<Record<Exclude<Unit, "token">, readonly Group[]>>;
    /** The answer's in words and in sentences: new tokens, the second of each pair not included. */
    readonly spans: Readonly<Record<Exclude<Unit, "token">, readonly (readonly [from: number, to: number])[]>>;
    readonly cited?: string;
    readonly times: { readonly prepare: number; readonly run: number };
  };

type Group = { readonly text: string; readonly tokens: readonly number[] };

/** Tokens from the first on whose scores together are few enough; one at least. */
const fitting = (tokens: readonly ExplainedToken[], most: number): readonly ExplainedToken[] => {
  let scores = 0;
  return tokens.filter((t, i) => {
    scores += t.scores.length;
    return i === 0 || scores <= most;
  });
};

const nowhere = { name: "", device: "", why: "" };

export const writtenJson = (
  { generation, explanation, model, backend = nowhere, cited }: Written,
  most: number,
): WrittenJson => {
  const { rule, seed, promptTokens, tokens, encoding, times } = explanation;
  const bare = ({ text, tokens: own }: Group): Group => ({ text, tokens: own });
  return {
    ...toJson({ rule, seed, promptTokens, model, backend, times, tokens: encoding.tokens }),
    text: encoding.text,
    finish: generation.finish,
    lines: fitting(tokens, most).map((t, i) => ({
      ...t,
      scores: [...t.scores],
      probability: generation.generated[i]?.probability ?? 0,
    })),
    count: tokens.length,
    groups: { word: groupsOf(explanation, "word").map(bare), sentence: groupsOf(explanation, "sentence").map(bare) },
    spans: { word: answerSpans(explanation, "word"), sentence: answerSpans(explanation, "sentence") },
    ...(cited === undefined ? {} : { cited }),
  };
};
