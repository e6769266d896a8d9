// Why this token? The short way for scripts: promises over the TaskEithers of explainer.ts.
//
//   const model = await load("path/to/SmolLM2-135M-Instruct")        // or "….gguf"
//   const { parts, target } = await attribute(model, "The capital of France is", { target: " Paris" })
import { type Backend, type Faulty, orThrow, type Rule, type RunOptions, type Seed, softmaxRule } from "@depass/graph";
import type { Model } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type BackendOptions, openBackend } from "#backends";
import { explain, explainOptions } from "./explain.ts";
import type { Mode } from "./explaining.ts";
import type { Level, RankedLevel } from "./level.ts";
import { explainedMaps, type Maps } from "./maps.ts";
import type { Prompt } from "./prompt.ts";
import type { Question } from "./question.ts";
import type { PlaceName } from "./reading.ts";
import type { Attribution } from "./result.ts";

export type AttributeOptions = RunOptions &
  Question & {
    /**
     * What the parts are: a level of the model, spans, a seed of one's own; or the neurons that score most
     * (`topNeuronLevel()`). Default: each token, from layer 0 on.
     */
    readonly seed?: Seed | Level | RankedLevel;
    /** Default: softmax with temperature 0.1. */
    readonly rule?: Rule;
    /**
     * What is read. A layer's number or a site of the stream: the state there, through the last norm. `layers.5.attn_out`,
     * `layers.5.mlp_out`, a head `L5H3`, a neuron `L5N120`: what this alone adds to the target's logit. Default: the last state.
     */
    readonly to?: PlaceName;
    /** The scores at every layer, too, read through the last norm. */
    readonly layers?: boolean;
    /** How many of the tokens that each part promotes and suppresses most are told. Default: none. */
    readonly promotes?: number;
    /** Default `auto`: one pass backwards where the rule is linear, else forward. */
    readonly mode?: Mode;
    /** An open backend, which stays open, or what to open for this call. */
    readonly backend?: Backend | BackendOptions;
  };

/** Whether a backend was given that is open. */
export const isBackend = (x: Backend | BackendOptions): x is Backend => "prepare" in x;

const withBackend = <A>(
  choice: Backend | BackendOptions,
  use: (backend: Backend, why: string) => Faulty<A>,
): Faulty<A> =>
  isBackend(choice)
    ? use(choice, "given by the caller")
    : pipe(
        openBackend(choice),
        TE.chain(({ backend, why }) => async () => {
          const result = await use(backend, why)();
          await backend.close();
          return result;
        }),
      );

/**
 * Explains one prediction: how much of what is asked (a logit, a difference of logits, a direction) each part supplied.
 * Throws a FaultError: an empty or too long prompt, a target that is not one token, a layer that is not there, no device,
 * too little memory, aborted.
 */
export const attribute = (model: Model, prompt: Prompt, options: AttributeOptions = {}): Promise<Attribution> =>
  withBackend(options.backend ?? {}, (backend, why) =>
    pipe(
      TE.fromEither(explainOptions(model, options, why)),
      TE.chain((ready) => explain(model, backend, prompt, ready)),
    ),
  )().then(orThrow);

/**
 * Scores of every head and module of every layer at once, by any rule; by the taylor rule those of all tokens at all layers
 * and of all neurons, too. Throws as attribute() does.
 */
export const scoreMaps = (
  model: Model,
  prompt: Prompt,
  { rule = softmaxRule(), backend = {}, ...options }: Omit<AttributeOptions, "seed" | "to" | "layers" | "mode"> = {},
): Promise<Maps> =>
  withBackend(backend, (open, why) => explainedMaps(model, open, prompt, { ...options, rule, why }))().then(orThrow);
