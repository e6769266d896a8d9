// How many prompts does a model answer rightly, of each kind? The answer is the likeliest next word, of all words there are.
import { type Backend, i32, orThrow, type Tensors, weightsOf } from "@depass/graph";
import { logitsOf } from "./model.ts";
import type { Kind, Prompt } from "./prompts.ts";
import { idsOf, type Vocabulary } from "./vocabulary.ts";

export type Accuracy = Readonly<Record<Kind, number>>;

const likeliest = (logits: ArrayLike<number>): number => {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] as number) > (logits[best] as number)) best = i;
  return best;
};

/** Shares between 0 and 1. */
export const accuracyOf = async (
  backend: Backend,
  weights: Tensors,
  vocabulary: Vocabulary,
  prompts: Readonly<Record<Kind, readonly Prompt[]>>,
): Promise<Accuracy> => {
  const size = vocabulary.words.length;
  const runner = orThrow(await backend.prepare({ logits: logitsOf(size, 1) }, weightsOf(weights))());
  const isRight = async ({ words, answer }: Prompt): Promise<boolean> => {
    const ids = idsOf(vocabulary, words);
    const { logits } = orThrow(await runner.run({ tokens: i32([ids.length, 1], ids) })());
    return vocabulary.words[likeliest(logits?.data.slice(-size) ?? [])] === answer;
  };
  const shareOf = async (asked: readonly Prompt[]): Promise<number> => {
    let right = 0;
    for (const prompt of asked) if (await isRight(prompt)) right++;
    return right / asked.length;
  };
  const found = {
    fact: await shareOf(prompts.fact),
    ioi: await shareOf(prompts.ioi),
    copy: await shareOf(prompts.copy),
  };
  runner.dispose();
  return found;
};
