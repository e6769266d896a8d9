// What does removing a part do, measured by running the model again? A word is removed by giving its token the mean embedding,
// a head by giving it, at every token, its mean output or none. One graph serves all of them: what is dropped is an input.
import {
  type Backend,
  type Expr,
  f32,
  findSite,
  type Graph,
  input,
  intervene,
  orThrow,
  type Runner,
  sum,
  type Tensors,
  where,
} from "@depass/graph";
import { type Model, site } from "@depass/models";
import { scoresAlong } from "depass";
import type { Question } from "./questions.ts";

/** How many heads there are in a layer, and how wide they are. */
export type Heads = { readonly layers: number; readonly heads: number; readonly width: number };

/** What stands in for a part that is removed: `embedding` `[D]`, and for each layer `[H, F]`. */
export type Means = { readonly embedding: readonly number[]; readonly heads: readonly (readonly number[])[] };

const eachLayer = <A>({ layers }: Heads, f: (layer: number) => A): readonly A[] =>
  Array.from({ length: layers }, (_, layer) => f(layer));

const removable = ({ architecture }: Model, shape: Heads): Graph => {
  const instead = (name: string, mask: readonly (string | number)[], mean: readonly number[]) =>
    [input(`drop.${name}`, mask), input(`mean.${name}`, mean)] as const;
  const [tokens, embedding] = instead("tokens", ["T", 1], [architecture.hidden]);
  const heads = eachLayer(shape, (layer) => {
    const [mask, mean] = instead(`heads.${layer}`, [shape.heads, 1], [shape.heads, shape.width]);
    return [site.attnZ(layer), (z: Expr) => where(mask, mean, z)] as const;
  });
  const changes = { [site.residPre(0)]: (x: Expr) => where(tokens, embedding, x) };
  return orThrow(intervene({ ...changes, ...Object.fromEntries(heads) })({ scores: scoresAlong(architecture) }));
};

/** Which parts are dropped: a token by its place, or a head. */
export type Dropped = { readonly token: number } | { readonly layer: number; readonly head: number };

const oneAt = (count: number, place: number | undefined): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => (i === place ? 1 : 0));

const inputsWithout = (shape: Heads, means: Means, tokens: number, dropped: Dropped | undefined): Tensors => {
  const token = dropped !== undefined && "token" in dropped ? dropped.token : undefined;
  const headOf = (layer: number): number | undefined =>
    dropped !== undefined && "head" in dropped && dropped.layer === layer ? dropped.head : undefined;
  return Object.fromEntries([
    ["drop.tokens", f32([tokens, 1], oneAt(tokens, token))],
    ["mean.tokens", f32([means.embedding.length], means.embedding)],
    ...eachLayer(shape, (layer) => [
      [`drop.heads.${layer}`, f32([shape.heads, 1], oneAt(shape.heads, headOf(layer)))],
      [`mean.heads.${layer}`, f32([shape.heads, shape.width], means.heads[layer] ?? [])],
    ]).flat(),
  ]);
};

/** Scores of a prompt, in the order of the aims, with everything in place or without one part. */
export type Remover = {
  readonly scores: (question: Question, means: Means, dropped?: Dropped) => Promise<readonly number[]>;
  readonly dispose: () => void;
};

export const removerOf = async (backend: Backend, model: Model, shape: Heads): Promise<Remover> => {
  const runner: Runner = orThrow(await backend.prepare(removable(model, shape), model.weights)());
  return {
    scores: async ({ inputs }, means, dropped) => {
      const tokens = inputs.tokens.data.length;
      const given = { ...inputs, ...inputsWithout(shape, means, tokens, dropped) };
      const { scores } = orThrow(await runner.run(given)());
      return Array.from(scores?.data ?? []);
    },
    dispose: runner.dispose,
  };
};

/** Each head's mean output over all tokens of all these prompts. */
export const headMeans = async (
  backend: Backend,
  model: Model,
  shape: Heads,
  questions: readonly Question[],
): Promise<Means["heads"]> => {
  const source = { normed: model.architecture.normed };
  const sums = Object.fromEntries(
    eachLayer(shape, (layer) => [`z.${layer}`, sum(-3)(findSite(source, site.attnZ(layer)) as Expr)]),
  );
  const runner = orThrow(await backend.prepare(sums, model.weights)());
  const totals = eachLayer(shape, () => new Float64Array(shape.heads * shape.width));
  let tokens = 0;
  for (const { inputs } of questions) {
    const found = orThrow(await runner.run({ tokens: inputs.tokens })());
    tokens += inputs.tokens.data.length;
    totals.forEach((total, layer) => {
      for (let i = 0; i < total.length; i++) total[i] = (total[i] as number) + (found[`z.${layer}`]?.data[i] as number);
    });
  }
  runner.dispose();
  return totals.map((total) => Array.from(total, (x) => x / tokens));
};
