// Which next tokens does a part speak for, and which against? Its normed state times the whole unembedding is what it adds to
// every logit: the largest and the least of these are told (logit lens, nostalgebraist 2020; direct logit attribution,
// Elhage et al. 2021). All parts' shares of one token's logit sum to that logit.
import { type Backend, type Fault, type Faulty, f32, fault, input, type Runner, type RunOptions } from "@depass/graph";
import type { Model, Tokenizer } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Attribution, PartScore, TokenScore } from "./result.ts";

/** Most numbers that the product of some parts with all tokens has at once: 32 MiB. */
const AT_ONCE = 8 * 1024 ** 2;

/** Numbers of the `count` largest values, largest first, the first of equals first; of the least ones with a sign of -1. */
export const largest = (values: ArrayLike<number>, count: number, sign: 1 | -1 = 1): readonly number[] => {
  const found: number[] = [];
  const at = (i: number): number => sign * (values[i] as number);
  for (let i = 0; i < values.length; i++) {
    if (found.length === count && at(i) <= at(found[count - 1] as number)) continue;
    const place = found.findIndex((j) => at(j) < at(i));
    found.splice(place < 0 ? found.length : place, 0, i);
    if (found.length > count) found.pop();
  }
  return found;
};

/** A vocabulary may have rows that are no tokens, for the sake of round numbers. */
const textOf = (tokenizer: Tokenizer, id: number): string => E.getOrElse(() => `#${id}`)(tokenizer.tokenText(id));

type Voice = Required<Pick<PartScore, "promotes" | "suppresses">>;

const voiceOf = (logits: ArrayLike<number>, count: number, tokenizer: Tokenizer): Voice => {
  const told = (ids: readonly number[]): readonly TokenScore[] =>
    ids.map((id) => ({ id, text: textOf(tokenizer, id), score: logits[id] as number }));
  return { promotes: told(largest(logits, count)), suppresses: told(largest(logits, count, -1)) };
};

type States = NonNullable<Attribution["states"]>;

/** The voice of each row of the states; as many rows at once as the product may have numbers. */
const voicesOf = (
  runner: Runner,
  { states, count, tokenizer, options }: { states: States; count: number; tokenizer: Tokenizer; options: RunOptions },
  vocabulary: number,
): Faulty<readonly Voice[]> => {
  const [parts, width] = states.shape;
  const rows = Math.max(1, Math.floor(AT_ONCE / vocabulary));
  const starts = Array.from({ length: Math.ceil(parts / rows) }, (_, i) => i * rows);
  return pipe(
    starts,
    TE.traverseSeqArray((first) => {
      const own = states.data.subarray(first * width, Math.min(parts, first + rows) * width);
      return pipe(
        runner.run({ states: f32([own.length / width, width], own) }, options),
        TE.map(({ logits }) => {
          const data = logits?.data as Float32Array;
          return Array.from({ length: own.length / width }, (_, m) =>
            voiceOf(data.subarray(m * vocabulary, (m + 1) * vocabulary), count, tokenizer),
          );
        }),
      );
    }),
    TE.map((blocks) => blocks.flat()),
  );
};

/** A part whose state is nothing says nothing. */
const withVoices = (attribution: Attribution, { names, shape: [, width], data }: States, voices: readonly Voice[]) => {
  const named = attribution.parts.length - 2;
  const parts = attribution.parts.map((part, m): PartScore => {
    const row = m < named ? m : names.indexOf(part.name, named);
    const state = row < 0 ? undefined : data.subarray(row * width, (row + 1) * width);
    return state?.some((v) => v !== 0) ? { ...part, ...voices[row] } : part;
  });
  return { ...attribution, parts };
};

export const checkPromotes = (count: number, vocabulary: number): E.Either<readonly Fault[], void> =>
  Number.isInteger(count) && count >= 1 && count <= vocabulary
    ? E.right(undefined)
    : E.left([fault("target", "promotes", `a number of tokens from 1 to ${vocabulary}`, `${count}`)]);

/**
 * Results with the `count` tokens that each part promotes and suppresses most, by what it adds to their logits (before a
 * softcap, where the model has one). One product of the parts' states with the unembedding, `[M, D] x [D, V]`, in pieces of
 * at most 32 MiB; its graph is made once. Faults: a count that is not from 1 to V, a result of the adjoint mode, which has no
 * states, and those of the backend.
 */
export const promoting = (
  { architecture, tokenizer, weights }: Model,
  count: number,
): ((backend: Backend, attribution: Attribution, options?: RunOptions) => Faulty<Attribution>) => {
  const graph = { logits: architecture.explained(input("states", ["M", architecture.hidden])) };
  return (backend, attribution, options = {}) => {
    const { states } = attribution;
    if (states === undefined)
      return TE.left([fault("mode", "promotes", "a result of the forward mode", `mode ${attribution.mode}`)]);
    return pipe(
      TE.fromEither(checkPromotes(count, architecture.vocabulary)),
      TE.chain(() => backend.prepare(graph, weights, options)),
      TE.chain((runner) => async () => {
        const voices = await voicesOf(runner, { states, count, tokenizer, options }, architecture.vocabulary)();
        runner.dispose();
        return pipe(
          voices,
          E.map((found) => withVoices(attribution, states, found)),
        );
      }),
    );
  };
};
