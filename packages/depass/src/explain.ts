// One prompt explained, in the mode that suits: parts carried forward by any rule, or scored backwards by a linear one.
import { type Backend, type Fault, type Faulty, fault, type Rule, type Seed, softmaxRule } from "@depass/graph";
import { type Architecture, type Model, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { hasBiases } from "./adjoint.ts";
import { attributedBackward, type CallOptions } from "./backward.ts";

import { type ExplainerOptions, encodePrompt, explainer } from "./explainer.ts";
import { streamFrom } from "./explanation.ts";
import { type Level, levelOf } from "./level.ts";
import { tokenLevel } from "./levels.ts";
import { checkPromotes, withPromoted } from "./promoted.ts";
import type { Attribution } from "./result.ts";

export type { CallOptions } from "./backward.ts";

/** `auto`: backwards where that gives the same and nothing more is asked for, else forward. */
export const modes = ["auto", "forward", "adjoint"] as const;
export type Mode = (typeof modes)[number];

export type ExplainOptions = ExplainerOptions &
  CallOptions & {
    readonly mode?: Mode;
    /** How many tokens that each part promotes and suppresses most are told (promoted.ts); default none. */
    readonly promotes?: number;
  };

const whyNotAdjoint = (rule: Rule, level: Level, { to, lenses = [], promotes }: ExplainOptions): Fault | undefined => {
  const mode = (expected: string, got: string): Fault => fault("mode", "adjoint mode", expected, got);
  if (rule.linear !== true) return mode("a linear rule, such as taylor", `rule ${rule.name}`);
  if (level.scoresFrom === undefined) return mode("a level of the model", `seed ${level.seed.name}`);
  if (promotes !== undefined) return mode("scores alone", "what each part promotes, which is told by its state");
  return to !== undefined || lenses.length > 0 ? mode("scores at the last state", "an earlier state") : undefined;
};

/** Which mode `auto` stands for. A model's biases are told by the forward mode only. Faults: an adjoint that there is not. */
const modeOf = (
  model: Model,
  level: Level,
  options: ExplainOptions,
): E.Either<readonly Fault[], "forward" | "adjoint"> => {
  const { mode = "auto", rule } = options;
  const reason = whyNotAdjoint(rule, level, options);
  if (mode === "adjoint") return reason === undefined ? E.right("adjoint") : E.left([reason]);
  const fits = mode === "auto" && reason === undefined && !hasBiases(model.architecture, rule);
  return E.right(fits ? "adjoint" : "forward");
};

/** Faults: those of the prompt and the question, of the level and the mode, and of the backend. */
export const explain = (
  model: Model,
  backend: Backend,
  prompt: string,
  options: ExplainOptions & { readonly seed: Seed | Level },
): Faulty<Attribution> => {
  const level = levelOf(options.seed);
  return pipe(
    TE.fromEither(modeOf(model, level, options)),
    TE.bindTo("mode"),
    TE.bind("encoding", () => TE.fromEither(encodePrompt(model, prompt, options))),
    TE.chainFirstEitherK(() => checkPromotes(options.promotes ?? 1, model.architecture.vocabulary)),
    TE.chain(({ mode, encoding }) =>
      mode === "adjoint"
        ? attributedBackward({ model, backend, options, encoding }, level)
        : attributedForward(model, backend, prompt, options),
    ),
  );
};

const attributedForward = (
  model: Model,
  backend: Backend,
  prompt: string,
  options: ExplainOptions,
): Faulty<Attribution> =>
  pipe(
    explainer(model, backend, options),
    TE.chain((ready) => async () => {
      const result = await ready.explain(prompt, options)();
      ready.dispose();
      return result;
    }),
    TE.chain((found) =>
      options.promotes === undefined ? TE.right(found) : withPromoted(model, backend, found, options.promotes, options),
    ),
  );

/** What scripts and the command line ask for: layers as numbers. */
export type LayerOptions = Partial<Omit<ExplainOptions, "to" | "lenses" | "why">> & {
  readonly to?: number;
  readonly layers?: boolean;
};

/** Defaults filled in, layers as sites. Faults: a layer that the model does not have. */
export const explainOptions = (
  { architecture }: Model,
  { to, layers = false, seed, rule = softmaxRule(), ...rest }: LayerOptions,
  why: string,
): E.Either<readonly Fault[], ExplainOptions> => {
  const last = architecture.layers - 1;
  if (to !== undefined && !(Number.isInteger(to) && to >= 0 && to <= last))
    return E.left([fault("seed", "to", `a layer of this model, 0 to ${last}`, `${to}`)]);
  return pipe(
    seed === undefined ? tokenLevel(architecture) : E.right(seed),
    E.map((level) => ({
      ...rest,
      seed: level,
      rule,
      why,
      ...(to === undefined ? {} : { to: site.residPre(to) }),
      ...(layers ? { lenses: streamBehind(architecture, levelOf(level).seed).slice(0, to && to + 1) } : {}),
    })),
  );
};

/** The stream from where a seed begins. */
const streamBehind = (architecture: Architecture, { site: begin }: Seed): readonly string[] => {
  const stream = streamFrom(architecture, 0);
  const inLayer = /^layers\.(\d+)\./.exec(begin)?.[1];
  const behind = inLayer === undefined ? 0 : Number(inLayer) + 1;
  return stream.slice(stream.includes(begin) ? stream.indexOf(begin) : behind);
};
