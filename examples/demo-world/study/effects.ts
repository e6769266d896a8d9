// What does removing each part of a prompt change? Measured once for every prompt, before any method is asked.
import { type Backend, type Graph, gather, input, orThrow } from "@depass/graph";
import type { Model } from "@depass/models";
import { likeliest } from "depass";
import type { Scores } from "./methods.ts";
import { aims, type Question } from "./questions.ts";
import type { Dropped, Heads, Means, Remover } from "./removal.ts";

/** By how much each part's removal lowers the score, for each aim. */
export type Effects = { readonly words: Scores; readonly heads: Scores; readonly headsToZero: Scores };

export const effectsOf = async (remover: Remover, shape: Heads, means: Means, question: Question): Promise<Effects> => {
  const whole = await remover.scores(question, means);
  const lowered = async (dropped: readonly Dropped[], instead: Means): Promise<Scores> => {
    const each: (readonly number[])[] = [];
    for (const part of dropped) each.push(await remover.scores(question, instead, part));
    return aims.map((_, aim) => each.map((left) => (whole[aim] as number) - (left[aim] as number)));
  };
  const heads = Array.from({ length: shape.layers * shape.heads }, (_, i) => ({
    layer: Math.floor(i / shape.heads),
    head: i % shape.heads,
  }));
  const nothing = { ...means, heads: means.heads.map((mean) => mean.map(() => 0)) };
  return {
    words: await lowered(
      question.prompt.words.map((_, i) => ({ token: i + 1 })),
      means,
    ),
    heads: await lowered(heads, means),
    headsToZero: await lowered(heads, nothing),
  };
};

/** The questions that the model answers as the world does: of the others, no word of the prompt decides what it says. */
export const answeredRight = async (
  backend: Backend,
  { architecture, weights }: Model,
  questions: readonly Question[],
): Promise<readonly Question[]> => {
  const state = gather(-2, input("position", [1], "i32"))(architecture.normed);
  const graph: Graph = { logits: architecture.unembed(state) };
  const runner = orThrow(await backend.prepare(graph, weights)());
  const right: Question[] = [];
  for (const question of questions) {
    const { tokens, position } = question.inputs;
    const { logits } = orThrow(await runner.run({ tokens, position })());
    if (likeliest(logits?.data ?? []) === question.answer) right.push(question);
  }
  runner.dispose();
  return right;
};
