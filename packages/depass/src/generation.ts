// What is kept of a generated text: a plain value with its tokens, its explanation and what made it, to print, save and read.
import { extname } from "node:path";
import { type Backend, type Fault, type Faulty, fault } from "@depass/graph";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import type { Citation } from "./cite.ts";
import type { ExplainedToken, GeneratedExplanation } from "./explain-generated.ts";
import { about } from "./explainer.ts";
import type { Generation } from "./generate.ts";
import { writeWhole } from "./place.ts";
import { type Attribution, toJson } from "./result.ts";
import { savedToken } from "./saved.ts";
import { jsonAt, misread, origin, withBackend } from "./stored.ts";

type Explained = Omit<GeneratedExplanation, "encoding" | "promptTokens" | "tokens"> & {
  readonly tokens: readonly (Omit<ExplainedToken, "scores"> & { readonly scores: readonly number[] })[];
};

export type GenerationResult = Pick<Attribution, "model" | "backend" | "tokens" | "hashes" | "call"> &
  Pick<Generation, "text" | "promptTokens" | "generated" | "finish" | "times"> & {
    readonly prompt: string;
    readonly explanation?: Explained;
    readonly citation?: Citation;
  };

export type GenerationParts = {
  readonly generation: Generation;
  readonly explanation?: GeneratedExplanation;
  readonly citation?: Citation;
};

const storedExplanation = ({ rule, seed, parts, byToken, tokens, times }: GeneratedExplanation): Explained => ({
  rule,
  seed,
  parts,
  byToken,
  tokens: tokens.map(({ scores, ...token }) => ({ ...token, scores: [...scores] })),
  times,
});

/** A generation as a value; `why` says why this backend. */
export const generationResult = (
  model: Model,
  backend: Backend,
  why: string,
  { generation, explanation, citation }: GenerationParts,
): GenerationResult => {
  const { encoding, ...rest } = generation;
  return {
    ...about(model, backend, why),
    ...rest,
    prompt: encoding.text.slice(0, encoding.text.length - generation.text.length),
    tokens: encoding.tokens,
    ...(explanation && { explanation: storedExplanation(explanation) }),
    ...(citation && { citation }),
  };
};

/** The explanation of a result that was read, to be cited from. Undefined where the text was not explained. */
export const explanationIn = (result: GenerationResult): GeneratedExplanation | undefined =>
  result.explanation && {
    ...result.explanation,
    encoding: { text: result.prompt + result.text, ids: result.tokens.map(({ id }) => id), tokens: result.tokens },
    promptTokens: result.promptTokens,
    tokens: result.explanation.tokens.map(({ scores, ...token }) => ({
      ...token,
      explained: token.explained ?? token.logit, // files from before there were foils
      scores: Float64Array.from(scores),
    })),
  };

/** Whether a text can be saved under this name. */
export const isJson = (path: string): boolean => extname(path).toLowerCase() === ".json";

export const notJson = (path: string): readonly Fault[] => [
  fault("usage", path, "a name that ends in .json", extname(path) || "none"),
];

/** Writes the result as JSON. Faults: another ending, and those of the disk. */
export const saveGeneration = (path: string, result: GenerationResult): Faulty<void> =>
  isJson(path) ? writeWhole(path, `${JSON.stringify(toJson(result), null, 2)}\n`) : TE.left(notJson(path));

const seconds = t.type({ prepare: t.number, run: t.number });
const explainedToken = t.intersection([
  t.type({
    position: t.number,
    id: t.number,
    logit: t.number,
    scores: t.array(t.number),
    bias: t.number,
    remainder: t.number,
    total: t.number,
    gap: t.number,
  }),
  t.partial({
    explained: t.number,
    foils: t.array(t.type({ id: t.number, text: t.string, logit: t.number, timesAsLikely: t.number })),
  }),
]);
const explanation = t.type({
  rule: t.string,
  seed: t.string,
  parts: t.array(t.intersection([t.type({ name: t.string }), t.partial({ tokens: t.array(t.number) })])),
  byToken: t.boolean,
  tokens: t.array(explainedToken),
  times: seconds,
});
const stored = t.intersection([
  origin,
  t.type({
    prompt: t.string,
    text: t.string,
    promptTokens: t.number,
    tokens: t.array(savedToken),
    generated: t.array(
      t.type({ id: t.number, text: t.string, position: t.number, logit: t.number, probability: t.number }),
    ),
    finish: t.keyof({ end: null, stop: null, tokens: null, context: null }),
    times: t.type({ prepare: t.number, prompt: t.number, tokens: t.number }),
  }),
  t.partial({
    explanation,
    citation: t.UnknownRecord,
  }),
]);

/** What a codec cannot say: that the numbers of tokens are of tokens that are there. */
const fits = ({ tokens, promptTokens, generated, explanation: told }: GenerationResult): boolean =>
  promptTokens >= 1 &&
  promptTokens + generated.length === tokens.length &&
  (told?.tokens ?? []).every(({ position, id }) => position >= promptTokens && tokens[position]?.id === id);

/** A generated text of the form that is saved. Faults: anything else; `path` names where it is from. */
export const generationIn = (json: unknown, path: string): E.Either<readonly Fault[], GenerationResult> =>
  pipe(
    stored.decode(json),
    E.map((found) => withBackend(found) as unknown as GenerationResult),
    E.filterOrElseW(fits, () => []),
    E.mapLeft(misread(path, "a saved generation")),
  );

/** Reads what saveGeneration() or `depass generate --save` wrote. Faults: another ending, no such file, another file. */
export const readGeneration = (path: string): Faulty<GenerationResult> =>
  isJson(path)
    ? pipe(
        jsonAt(path),
        TE.flatMapEither((json) => generationIn(json, path)),
      )
    : TE.left(notJson(path));
