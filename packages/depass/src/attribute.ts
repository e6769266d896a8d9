// Why this token? The short way for scripts: promises over the TaskEithers of explainer.ts.
//
//   const model = await load("path/to/SmolLM2-135M-Instruct")        // or "….gguf"
//   const { parts, target } = await attribute(model, "The capital of France is", { target: " Paris" })
import {
  type Backend,
  type Faulty,
  orThrow,
  type Rule,
  type RunOptions,
  type Seed,
  softmaxRule,
  tokenSeed,
} from "@depass/graph";
import { type LoadOptions, loadModel, type Model, site } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type BackendOptions, openBackend } from "./backends.ts";
import { demoFolder } from "./demo.ts";
import { type Explainer, explainer } from "./explainer.ts";
import type { Attribution } from "./result.ts";
import type { TargetChoice } from "./target.ts";

export type AttributeOptions = RunOptions & {
  /** A token id or the exact text of one token; default: what the model would say next. */
  readonly target?: TargetChoice;
  /** Default: each token is a part from layer 0 on. */
  readonly seed?: Seed;
  /** Default: softmax with temperature 0.1. */
  readonly rule?: Rule;
  /** An open backend, which stays open, or what to open for this call. */
  readonly backend?: Backend | BackendOptions;
};

/**
 * Opens a checkpoint folder or a .gguf file; without a name, the demo that comes along: a model of a made-up world, which
 * knows 326 words. `families` adds architectures of one's own, by the `model_type` of their config.json.
 * Throws a FaultError that says what is wrong with it.
 */
export const load = (name: string = demoFolder, options: LoadOptions = {}): Promise<Model> =>
  loadModel(name, options)().then(orThrow);

const isBackend = (x: Backend | BackendOptions): x is Backend => "prepare" in x;

const defaultSeed = tokenSeed(site.residPre(0));

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
 * Explains one prediction: how much of the target's logit each token of the prompt supplied.
 * Throws a FaultError: an empty or too long prompt, a target that is not one token, no device, too little memory, aborted.
 */
export const attribute = (model: Model, prompt: string, options: AttributeOptions = {}): Promise<Attribution> =>
  withBackend(options.backend ?? {}, (backend, why) =>
    pipe(
      explainer(model, backend, { ...readied(options), why }),
      TE.chain((ready) => finished(ready, prompt, options)),
    ),
  )().then(orThrow);

const readied = ({ seed = defaultSeed, rule = softmaxRule(), ...rest }: AttributeOptions) => ({ ...rest, seed, rule });

const finished =
  (ready: Explainer, prompt: string, options: AttributeOptions): Faulty<Attribution> =>
  async () => {
    const result = await ready.explain(prompt, options)();
    ready.dispose();
    return result;
  };
