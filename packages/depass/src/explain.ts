// One prompt explained, and what is asked of it with its defaults filled in.
import { type Backend, type Fault, type Faulty, type Seed, softmaxRule } from "@depass/graph";
import type { Architecture, Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type ExplainOptions, explaining } from "./explaining.ts";
import { isRanked, levelOf } from "./level.ts";
import { tokenLevel } from "./levels.ts";
import type { Prompt } from "./prompt.ts";
import { type Reading, readingOf, streamFrom } from "./reading.ts";
import type { Attribution } from "./result.ts";

/** Faults: those of the prompt and the question, of the level and the mode, and of the backend. */
export const explain = (model: Model, backend: Backend, prompt: Prompt, options: ExplainOptions): Faulty<Attribution> =>
  pipe(
    TE.fromEither(explaining(model, options)),
    TE.chain(({ on }) => on(backend)(prompt, options)),
    TE.map(({ attribution }) => attribution),
  );

/** What scripts and the command line ask for. */
export type LayerOptions = Partial<Omit<ExplainOptions, "lenses" | "why">> & {
  readonly layers?: boolean;
};

/** Defaults filled in, places by their names. Faults: a layer, state or component that the model does not have. */
export const explainOptions = (
  { architecture }: Model,
  { to, layers = false, seed, rule = softmaxRule(), ...rest }: LayerOptions,
  why: string,
): E.Either<readonly Fault[], ExplainOptions> => {
  return pipe(
    seed === undefined ? tokenLevel(architecture) : E.right(seed),
    E.bindTo("level"),
    E.bind("reading", () => (to === undefined ? E.right(undefined) : readingOf(architecture, to))),
    E.map(({ level, reading }) => ({
      ...rest,
      seed: level,
      rule,
      why,
      ...(reading === undefined ? {} : { to: reading.name }),
      ...(layers
        ? { lenses: statesBetween(architecture, levelOf(isRanked(level) ? level.like : level).seed, reading) }
        : {}),
    })),
  );
};

/** The stream from where a seed begins to what is read. */
const statesBetween = (architecture: Architecture, { site: begin }: Seed, reading: Reading | undefined) => {
  const stream = streamFrom(architecture, 0);
  const inLayer = /^layers\.(\d+)\./.exec(begin)?.[1];
  const behind = inLayer === undefined ? 0 : Number(inLayer) + 1;
  return stream.slice(stream.includes(begin) ? stream.indexOf(begin) : behind, reading?.states);
};
