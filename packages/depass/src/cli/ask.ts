// The frame of every command that asks a model about prompts: all that can be wrong with the call is found before the weights are
// read, then each prompt is run, printed, and kept where that is wanted. What is asked is the command's.
import type { Fault, Faulty } from "@depass/graph";
import type { Model } from "@depass/models";
import type * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { checkEntries, type Entry, inTurn, placedIn } from "../attribute-all.ts";
import type { OpenBackend } from "../backends.ts";
import type { PromptAsk } from "../explaining.ts";
import { weightsHash } from "../fingerprint.ts";
import type { GenerationResult } from "../generation.ts";
import { keeping } from "../keeping.ts";
import { lazy } from "../lazy.ts";
import type { Extras } from "../page/sheet.ts";
import type { Prompt } from "../prompt.ts";
import type { Question } from "../question.ts";
import type { Attribution } from "../result.ts";
import type { Saved } from "../saved-kinds.ts";
import { allInTurn } from "./all.ts";
import { type Attended, attended, runOptions } from "./attended.ts";
import type { BackendOptions } from "./backend.ts";
import { type ModelOptions, withModel } from "./checkpoint.ts";
import type { Shown } from "./format.ts";
import { type OwnOptions, withOwn } from "./own-method.ts";
import { isGiven, promptTo, splitsOf } from "./prompt.ts";
import type { GivenEntry, PromptsOptions } from "./prompts.ts";
import { spelledQuestion } from "./question.ts";
import { withRanges } from "./role-ranges.ts";

/** What such a command makes. */
export type Result = Exclude<Saved, GenerationResult>;

export type AskOptions = ModelOptions & PromptsOptions & BackendOptions & OwnOptions;

/** The hash of what ran, and the options that ask so again; but for the model, the prompt, its target and its foils. */
export type Origin = { readonly graph: string; readonly call: Readonly<Record<string, unknown>> };

export type Answer<R> = {
  readonly result: R;
  /** What its page has beside it. */
  readonly extras?: Extras;
  readonly origin: () => E.Either<readonly Fault[], Origin>;
};

/** A call that a model has understood. */
export type Understood<R> = {
  /** All that can be wrong with a prompt and its question before anything runs. */
  readonly check: (prompt: Prompt, question: Question) => E.Either<readonly Fault[], unknown>;
  /** `kept` is the same backend, but that it keeps what was prepared, where there are several prompts. */
  readonly on: (
    open: OpenBackend,
    kept: OpenBackend["backend"],
  ) => (prompt: Prompt, ask: PromptAsk) => Faulty<Answer<R>>;
};

/** One of these commands. */
export type Asking<O extends AskOptions, R extends Result> = {
  readonly name: string;
  /** What is wrong with the options by themselves. */
  readonly faults: (options: O) => readonly Fault[];
  readonly understood: (model: Model, options: O) => E.Either<readonly Fault[], Understood<R>>;
  readonly shown: (result: R, options: O) => Shown;
};

/** An answer as it is told, with the entry that it answers. */
export type Told<R> = { readonly result: R; readonly extras: Extras; readonly entry: Entry; readonly index: number };

/** Opening the model counts once. */
const timed = <R extends Result>(result: R, load: number, index: number): R =>
  "times" in result && index === 0 ? { ...result, times: { load, ...(result as Attribution).times } } : result;

/** With what makes a result one that can be made again. */
const withOrigin = <R extends Result>(
  { model, families, method, basis, direction }: ModelOptions & OwnOptions,
  { prompt, question }: Entry,
  weights: Faulty<string>,
  { result, origin }: Answer<R>,
): Faulty<R> =>
  pipe(
    weights,
    TE.bindTo("weights"),
    TE.bind("origin", () => TE.fromEither(origin())),
    TE.map(({ weights: hash, origin: { graph, call } }) => ({
      ...result,
      hashes: { weights: hash, graph },
      call: {
        ...withRanges(call, prompt),
        ...{ model, families, method, basis, direction },
        foil: spelledQuestion(question).foil,
        ...splitsOf(prompt),
      },
    })),
  );

/** How a run is watched: among several, by its number. */
const watched = (a: Attended, index: number, count: number): PromptAsk => {
  const options = runOptions(a);
  return count === 1 || options.progress === undefined
    ? options
    : { ...options, progress: a.line.phase(`prompt ${index + 1} of ${count}`) };
};

type Session<O extends AskOptions, R extends Result> = {
  readonly options: O;
  readonly model: Model;
  readonly load: number;
  readonly entries: readonly Entry[];
  readonly understood: Understood<R>;
  /** Whether results are to have their origin. */
  readonly kept: boolean;
};

const answered = <O extends AskOptions, R extends Result, A>(
  { options, model, load, entries, understood, kept }: Session<O, R>,
  a: Attended,
  use: (told: Told<R>) => Faulty<A>,
): Faulty<readonly A[]> => {
  const several = entries.length > 1;
  const backend = several ? keeping(a.open.backend) : a.open.backend;
  const run = understood.on(a.open, backend);
  const weights: Faulty<string> = lazy(weightsHash(model));
  const one =
    (index: number) =>
    (entry: Entry): Faulty<A> =>
      pipe(
        run(entry.prompt, { ...entry.question, ...watched(a, index, entries.length) }),
        TE.map((answer) => ({ ...answer, result: timed(answer.result, load, index) })),
        TE.bindTo("answer"),
        TE.bind("result", ({ answer }) =>
          kept ? withOrigin(options, entry, weights, answer) : TE.right(answer.result),
        ),
        TE.chain(({ answer: { extras = {} }, result }) => use({ result, extras, entry, index })),
      );
  const all = pipe(
    [...entries.entries()],
    TE.traverseSeqArray(([index, entry]) => inTurn(entry, a.signal, one(index))),
  );
  return async () => {
    const result = await all();
    if (several) await backend.close();
    return result;
  };
};

/** An entry whose prompt is as the model is given it. */
const read = (model: Model, { prompt: given, ...entry }: GivenEntry | Entry, options: AskOptions): Faulty<Entry> =>
  isGiven(given)
    ? pipe(
        promptTo(model, given, options),
        TE.bimap(placedIn(entry), (prompt) => ({ ...entry, prompt })),
      )
    : TE.right({ ...entry, prompt: given });

/** A direction of one's own is asked of every entry. */
const along =
  ({ own }: OwnOptions) =>
  (entry: Entry): Entry =>
    own?.direction === undefined ? entry : { ...entry, question: { ...entry.question, direction: own.direction } };

/**
 * Asks what the options ask about every entry, in turn; `use` has each answer as soon as it is there, and its value is returned
 * with the others'. `kept`: with what makes a result one that can be made again. Faults: whatever can be found wrong with any
 * entry before the first of them runs, then those of the first that fails.
 */
export const ask = <O extends AskOptions, R extends Result, A>(
  asking: Asking<O, R>,
  options: O,
  { entries: given, kept }: { readonly entries: readonly (GivenEntry | Entry)[]; readonly kept: boolean },
  use: (told: Told<R>, attended: Attended) => Faulty<A>,
): Faulty<readonly A[]> =>
  withModel(options, (model, load) =>
    pipe(
      allInTurn(given.map((entry) => read(model, entry, options))),
      TE.bindTo("entries"),
      TE.bind("asked", () => withOwn(options, model)),
      TE.map(({ entries, asked }) => ({ entries: entries.map(along(asked)), asked })),
      TE.bind("understood", ({ asked }) => TE.fromEither(asking.understood(model, asked))),
      TE.chainFirstEitherK(({ entries, understood }) => checkEntries(entries, understood.check)),
      TE.chain(({ entries, understood }) =>
        attended(options, (a) =>
          answered({ options, model, load, entries, understood, kept }, a, (told) => use(told, a)),
        ),
      ),
    ),
  );
