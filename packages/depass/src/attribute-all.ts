// Many prompts, explained one after the other: all of them are checked before any runs, and what they have in common (the graphs,
// the weights on the backend, the sessions and plans of prompts of one length) is made once.
import { type Backend, type Fault, type Faulty, fault, orThrow, type Signal } from "@depass/graph";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { openBackend } from "#backends";
import { type AttributeOptions, isBackend } from "./asked.ts";
import { explainOptions } from "./explain.ts";
import { explaining } from "./explaining.ts";
import { keeping } from "./keeping.ts";
import type { Prompt } from "./prompt.ts";
import type { Question } from "./question.ts";
import type { Attribution } from "./result.ts";

/** A prompt; with a question of its own, what that says is asked in place of what all are asked. */
export type AskedPrompt = Prompt | (Question & { readonly prompt: Prompt });

/** One of many; `where` names it in faults, "" where there is but one. */
export type Entry = { readonly where: string; readonly prompt: Prompt; readonly question: Question };

const entriesOf = (prompts: Iterable<AskedPrompt>): readonly Entry[] =>
  [...prompts].map((given, i): Entry => {
    const { prompt, ...question } = typeof given === "object" && "prompt" in given ? given : { prompt: given };
    return { where: `prompt ${i + 1}`, prompt, question };
  });

type Check = (prompt: Prompt, question: Question) => E.Either<readonly Fault[], unknown>;

/** Faults as those of an entry. */
export const placedIn =
  ({ where }: Pick<Entry, "where">) =>
  (faults: readonly Fault[]): readonly Fault[] =>
    where === "" ? faults : faults.map((f) => ({ ...f, where: `${where}: ${f.where}` }));

/** Faults of all entries together, and no entry at all. */
export const checkEntries = (entries: readonly Entry[], check: Check): E.Either<readonly Fault[], void> => {
  const faults = entries.flatMap((entry) =>
    pipe(
      check(entry.prompt, entry.question),
      E.match(placedIn(entry), () => []),
    ),
  );
  if (entries.length === 0) return E.left([fault("prompt", "prompts", "at least one", "none")]);
  return faults.length > 0 ? E.left(faults) : E.right(undefined);
};

const stopped: readonly Fault[] = [fault("aborted", "run", "to finish", "an abort signal")];

/** One entry explained, unless it is to stop: not every backend hears a signal. */
export const inTurn = <A>(entry: Entry, signal: Signal | undefined, task: (entry: Entry) => Faulty<A>): Faulty<A> =>
  signal?.aborted ? TE.left(stopped) : pipe(task(entry), TE.mapLeft(placedIn(entry)));

/**
 * Explains many prompts, in their order, each as soon as the one before has been taken:
 *
 *     for await (const { prompt, target, parts } of attributeAll(model, ["The sky is", "Grass is"])) …
 *
 * A prompt may have its own question: `{ prompt, target, foil, direction }`. Leaving the loop, or an aborted `signal`, ends it. Throws
 * a FaultError that names the prompts by their numbers from 1 on: what attribute() throws, before the first of them runs for
 * whatever can be known then.
 */
export async function* attributeAll(
  model: Model,
  prompts: Iterable<AskedPrompt>,
  { backend: choice = {}, ...options }: AttributeOptions = {},
): AsyncGenerator<Attribution, void, undefined> {
  const entries = entriesOf(prompts);
  const { on, check } = orThrow(
    pipe(
      explainOptions(model, options, "given by the caller"),
      E.chain((ready) => explaining(model, ready)),
    ),
  );
  orThrow(checkEntries(entries, check));
  const opened = isBackend(choice) ? undefined : orThrow(await openBackend(choice)());
  const backend = opened?.backend ?? (choice as Backend);
  const kept = keeping(backend);
  const explain = on(backend, kept);
  const why = opened && { why: opened.why };
  try {
    for (const entry of entries) {
      const task = inTurn(entry, options.signal, ({ prompt, question }) => explain(prompt, { ...question, ...why }));
      yield orThrow(await task()).attribution;
    }
  } finally {
    kept.close();
    await opened?.backend.close();
  }
}
