// What is asked of the model, and what is to be explained? Prompts that training never showed, each with two directions: the
// answer's logit, and the answer against the others that could stand there.
import { f32, i32, orThrow, type Tensor, toF64 } from "@depass/graph";
import type { Model } from "@depass/models";
import { heldOutPrompts, splitOf } from "../held-out.ts";
import type { Prompt } from "../prompts.ts";
import { idsOf, vocabularyOf } from "../vocabulary.ts";
import { factsOf, type World } from "../world.ts";

/** Why this answer; why this answer and not another of its kind. */
export const aims = ["logit", "contrast"] as const;
export type Aim = (typeof aims)[number];

export type Question = {
  readonly prompt: Prompt;
  readonly answer: number;
  /** What a graph over scoresAlong() reads: `tokens`, `position`, and as `directions` `[2, D]` those of the aims. */
  readonly inputs: { readonly tokens: Tensor; readonly position: Tensor; readonly directions: Tensor };
};

/** The words that could answer such a prompt: of a fact those that answer its relation, else all names or all symbols. */
const answersLike = (world: World, { kind, phrasing }: Prompt): readonly string[] => {
  if (kind === "ioi") return world.people.map(({ name }) => name);
  if (kind === "copy") return world.symbols;
  const answers = factsOf(world).flatMap(({ relation, answer }) =>
    phrasing.startsWith(`${relation}/`) ? [answer] : [],
  );
  return [...new Set(answers)];
};

/** Rows of the unembedding: the target's, and that minus the mean of the others'. */
const directionsOf = (rows: Float64Array, width: number, target: number, others: readonly number[]): Tensor => {
  const at = (id: number, d: number): number => rows[id * width + d] as number;
  const own = Array.from({ length: width }, (_, d) => at(target, d));
  const against = own.map((x, d) => x - others.reduce((sum, id) => sum + at(id, d), 0) / others.length);
  return f32([aims.length, width], [...own, ...against]);
};

/** Every withheld saying of a fact, `count` indirect objects and as many copies. */
export const questionsOf = async (
  model: Model,
  world: World,
  seed: number,
  count: number,
): Promise<readonly Question[]> => {
  const vocabulary = vocabularyOf(world);
  const { unembedding, hidden } = model.architecture;
  const rows = toF64(orThrow(await model.checkpoint.read(unembedding)()));
  const { fact, ioi, copy } = heldOutPrompts(world, splitOf(world), seed, count);
  const idOf = (word: string): number => vocabulary.ids.get(word) as number;
  return [...fact.slice(0, count), ...ioi, ...copy].map((prompt) => {
    const ids = idsOf(vocabulary, prompt.words);
    const answer = idOf(prompt.answer);
    const others = answersLike(world, prompt).map(idOf);
    const directions = directionsOf(
      rows,
      hidden,
      answer,
      others.filter((id) => id !== answer),
    );
    return {
      prompt,
      answer,
      inputs: { tokens: i32([ids.length], ids), position: i32([1], [ids.length - 1]), directions },
    };
  });
};
