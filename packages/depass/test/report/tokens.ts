// Tokens and attributions as the tests of the report need them.
import type { Token } from "@depass/models";
import type { Attribution } from "../../src/result.ts";

/** Tokens of texts that follow each other. */
export const tokensOf = (texts: readonly string[]): readonly Token[] => {
  let at = 0;
  return texts.map((text, id) => {
    const start = at;
    at += text.length;
    return { id, text, start, end: at, whole: true, special: false, origin: "text" };
  });
};

export const attributionOf = (texts: readonly string[], scores: readonly number[]): Attribution => {
  const tokens = tokensOf(texts);
  const total = scores.reduce((a, b) => a + b, 0);
  return {
    model: { path: "models/demo", family: "llama", layers: 2 },
    backend: { name: "reference", device: "f64 evaluator in JavaScript", why: "asked for by name" },
    rule: "softmax 0.1",
    seed: "token from layers.0.resid_pre",
    mode: "forward",
    explained: total,
    prompt: texts.join(""),
    tokens,
    position: texts.length - 1,
    target: { id: 7, text: " Paris", logit: total, probability: 0.25 },
    parts: [
      ...tokens.map((t, i) => ({ name: t.text, score: scores[i] as number, token: i })),
      { name: "bias", score: 0 },
      { name: "remainder", score: 0 },
    ],
    total,
    gap: 0,
    times: { load: 0.1, prepare: 1.5, run: 75 },
    states: { names: [...texts, "remainder"], shape: [texts.length + 1, 1], data: Float64Array.from([...scores, 0]) },
  };
};
