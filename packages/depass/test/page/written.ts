// A written text as the tests of the page need one: a prompt of words, an answer of words, scores that are all different.
import type { Token } from "@depass/models";
import type { Written } from "../../src/page/written.ts";
import { tokensOf } from "../report/tokens.ts";

/** The score of a token for the new token at a position. */
export const scoreFor = (token: number, position: number): number => (token % 2 ? -1 : 1) * (position + token / 10);

export const writtenOf = (prompt: readonly string[], answer: readonly string[]): Written => {
  const texts = [...prompt, ...answer];
  const tokens: readonly Token[] = tokensOf(texts);
  const encoding = { text: texts.join(""), ids: tokens.map((t) => t.id), tokens };
  const positions = answer.map((_, i) => prompt.length + i);
  return {
    generation: {
      encoding,
      promptTokens: prompt.length,
      text: answer.join(""),
      generated: positions.map((position, i) => ({
        ...{ id: position, text: answer[i] as string, position, logit: 1 },
        probability: 0.5,
      })),
      finish: "tokens",
      times: { prepare: 0, prompt: 0, tokens: 0 },
    },
    explanation: {
      rule: "softmax 0.1",
      seed: "token from layers.0.resid_pre",
      parts: tokens.slice(0, -1).map(({ text }, i) => ({ name: text, tokens: [i] })),
      byToken: true,
      encoding,
      promptTokens: prompt.length,
      tokens: positions.map((position) => {
        const scores = Float64Array.from({ length: position }, (_, token) => scoreFor(token, position));
        const total = scores.reduce((a, b) => a + b, 0) + 0.25;
        return {
          position,
          id: position,
          logit: total,
          explained: total,
          scores,
          bias: 0.25,
          remainder: 0,
          total,
          gap: 0,
        };
      }),
      times: { prepare: 0.5, run: 0.25 },
    },
    model: { path: "models/demo", family: "llama", layers: 2 },
    backend: { name: "reference", device: "f64 evaluator in JavaScript", why: "asked for by name" },
  };
};
