// `depass verify` of a generated text: is each of its tokens explained as it was? The text is not drawn again, for on another
// device one rounding may draw another.
import { type Fault, type Faulty, fault } from "@depass/graph";
import type { Encoding, Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type ExplainGeneratedOptions, explanationOf, type GeneratedExplanation } from "../explain-generated.ts";
import { encodePrompt } from "../explainer.ts";
import { explanationIn, type GenerationResult } from "../generation.ts";
import { attended, runOptions } from "./attended.ts";
import { type ModelOptions, withModel } from "./checkpoint.ts";
import { apart, type Check, judged, sameHashes, type VerifyOptions, within } from "./checks.ts";
import { type ExplainingOptions, hashesOf, methodAsked } from "./explaining.ts";
import { withOwn } from "./own-method.ts";
import { savedPrompt } from "./prompt.ts";
import { writtenCallIn } from "./saved-call.ts";

type Saved = {
  readonly result: GenerationResult;
  readonly explanation: GeneratedExplanation;
  readonly call: ExplainingOptions & ModelOptions;
};
/** Each token's foils as they were saved: what is likely next may be another token after one more rounding. */
const foilsIn = ({ tokens }: GeneratedExplanation): Pick<ExplainGeneratedOptions, "foil"> => {
  const saved = new Map(tokens.map(({ position, foils = [] }) => [position, foils.map(({ id }) => id)]));
  const own = (position: number) => saved.get(position) ?? [];
  return [...saved.values()].some((ids) => ids.length > 0)
    ? { foil: ({ position }) => (own(position).length === 0 ? undefined : own(position)) }
    : {};
};

type Now = {
  readonly explanation: GeneratedExplanation;
  readonly ids: readonly number[];
  readonly hashes: NonNullable<GenerationResult["hashes"]>;
};

/** Faults: ids that the model does not have, more of them than it reads. */
const readable = ({ architecture: { vocabulary, context } }: Model, { tokens }: GenerationResult) => {
  const odd = tokens.find(({ id }) => !Number.isInteger(id) || id < 0 || id >= vocabulary);
  if (odd !== undefined) return E.left([fault("result", "tokens", `ids from 0 to ${vocabulary - 1}`, `${odd.id}`)]);
  return tokens.length <= context
    ? E.right(undefined)
    : E.left([fault("result", "tokens", `at most ${context} (the model's context)`, `${tokens.length}`)]);
};

const promptAgain = (model: Model, { prompt, call }: GenerationResult): Faulty<Encoding> =>
  pipe(
    TE.fromEither(savedPrompt(prompt, call?.splitSpecialTokens)),
    TE.chainEitherK((again) => encodePrompt(model, again)),
  );

/** The files that are named for this run. */
const ownOf = ({ method, basis }: VerifyOptions) => ({ ...(method && { method }), ...(basis && { basis }) });

const explainedNow = (model: Model, { result, explanation: text, call }: Saved, options: VerifyOptions): Faulty<Now> =>
  pipe(
    TE.fromEither(readable(model, result)),
    TE.chain(() => withOwn({ ...call, ...ownOf(options) }, model)),
    TE.bindTo("asked"),
    TE.bind("method", ({ asked }) => TE.fromEither(methodAsked(model, asked))),
    TE.bind("prompt", () => promptAgain(model, result)),
    TE.bind("hashes", ({ asked }) => hashesOf(model, asked, "foil" in foilsIn(text))),
    TE.bind("explanation", ({ method: { level: seed, rule } }) =>
      attended(options, (a) =>
        explanationOf(model, a.open.backend, text, { ...runOptions(a), ...foilsIn(text), seed, rule }),
      ),
    ),
    TE.map(({ prompt, hashes, explanation }) => ({ explanation, hashes, ids: prompt.ids })),
  );

const checksOf = ({ result, explanation }: Saved, now: Now, tolerance: number): readonly Check[] => {
  const ids = result.tokens.slice(0, result.promptTokens).map(({ id }) => id);
  const names = ({ parts }: GeneratedExplanation): string => parts.map(({ name }) => name).join("\n");
  const logits = ({ tokens }: GeneratedExplanation): readonly number[] =>
    tokens.flatMap(({ logit, foils = [] }) => [logit, ...foils.map((foil) => foil.logit)]);
  const scores = ({ tokens }: GeneratedExplanation): readonly number[] =>
    tokens.flatMap((t) => [...t.scores, t.bias, t.remainder]);
  return [
    ...sameHashes(result, now),
    // What a tokenizer puts behind a finished text is left out where the text goes on.
    {
      what: "ids",
      ok: ids.join() === now.ids.slice(0, ids.length).join(),
      detail: `${ids.length} tokens of the prompt`,
    },
    { what: "parts", ok: names(explanation) === names(now.explanation), detail: `${explanation.parts.length} names` },
    within("logits", apart(logits(explanation), logits(now.explanation)), tolerance),
    within("scores", apart(scores(explanation), scores(now.explanation)), tolerance),
  ];
};

const known = (path: string, result: GenerationResult, options: VerifyOptions): E.Either<readonly Fault[], Saved> => {
  const explanation = explanationIn(result);
  return explanation === undefined
    ? E.left([fault("result", path, "a text that was explained", "one that was not")])
    : pipe(
        writtenCallIn(result.call, path, options),
        E.map((call) => ({ result, explanation, call })),
      );
};

/** What came out otherwise. Faults: as verify(), and a text that was not explained. */
export const verifyGeneration = (
  path: string,
  result: GenerationResult,
  options: VerifyOptions,
): Faulty<readonly Fault[]> =>
  pipe(
    TE.fromEither(known(path, result, options)),
    TE.bindTo("saved"),
    TE.bind("now", ({ saved }) =>
      withModel({ ...saved.call, ...options }, (model) => explainedNow(model, saved, options)),
    ),
    TE.map(({ saved, now }) => judged(path, checksOf(saved, now, options.tolerance))),
  );
