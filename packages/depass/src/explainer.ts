// A model, a seed and a rule made ready on a backend once; then any prompt is explained without further set-up.
// The graph that runs is the model's, decomposed, with only what a score needs: the logits at one position and the
// parts of the normed state there.
import {
  type Backend,
  type Decomposed,
  decompose,
  type Expr,
  type Fault,
  type Faulty,
  fault,
  type Graph,
  gather,
  i32,
  input,
  pack,
  partNames,
  partsName,
  prune,
  type Rule,
  type Runner,
  type RunOptions,
  type Seed,
  share,
  simplify,
  softcapped,
  type Tensors,
  toF64,
} from "@depass/graph";
import type { Architecture, Encoding, Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { flow, pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { since } from "./clock.ts";
import type { Attribution, PartScore } from "./result.ts";
import { likeliest, probabilityOf, type TargetChoice, targetId } from "./target.ts";

/** The explained graph and how its parts lie. */
export type Explanation = { readonly graph: Graph; readonly decomposed: Decomposed };

const [LOGITS, NORMED] = ["logits", "normed"];

/** The output that scores sum to: the logits, unless a softcap bends them. */
export const explainedOutput = ({ softcap }: Architecture): string => (softcap === undefined ? LOGITS : "explained");

/** The parts of the normed state, the logits, and what scores sum to: what scores along one direction need. */
const needed = (architecture: Architecture): readonly string[] => [
  ...new Set([partsName(NORMED), LOGITS, explainedOutput(architecture)]),
];

/** A softcap stands behind what is decomposed: no part supplies what it takes away. */
const withLogits = ({ softcap }: Architecture, { graph, ...rest }: Decomposed): Decomposed => ({
  ...rest,
  graph: softcap === undefined ? graph : { ...graph, [LOGITS]: softcapped(softcap)(graph.explained as Expr) },
});

/**
 * The model's graph at one position, decomposed, pruned to the outputs that are wanted, causal zeros packed away. There are
 * `logits`, `normed` and the parts of both; with a softcap `explained` and its parts, and `logits` without parts.
 */
export const explanationGraph = (
  { architecture }: Pick<Model, "architecture">,
  seed: Seed,
  rule: Rule,
  outputs: readonly string[] = needed(architecture),
): E.Either<readonly Fault[], Explanation> => {
  const normed = gather(-2, input("position", [1], "i32"))(architecture.normed);
  const source = { [explainedOutput(architecture)]: architecture.explained(normed), [NORMED]: normed };
  return pipe(
    decompose(source, { seed, rule }),
    E.map((decomposed) => withLogits(architecture, decomposed)),
    E.bindTo("decomposed"),
    E.bind("graph", ({ decomposed }) =>
      pipe(
        decomposed.graph, // Parts first: each layer's frozen values are then computed where they are used, and live no longer.
        prune(outputs),
        flow(share, simplify),
        E.chain(pack),
      ),
    ),
  );
};

export type Ask = RunOptions & {
  /** Default: the likeliest next token. */
  readonly target?: TargetChoice;
};

export type Explainer = {
  readonly explain: (prompt: string, ask?: Ask) => Faulty<Attribution>;
  /** Gives the device memory back. */
  readonly dispose: () => void;
};

export type ExplainerOptions = RunOptions & {
  readonly seed: Seed;
  readonly rule: Rule;
  /** Why this backend and not a better one, for the result. */
  readonly why: string;
};

/** Compiles and uploads; the first prompt and all later ones then only run. */
export const explainer = (model: Model, backend: Backend, options: ExplainerOptions): Faulty<Explainer> => {
  const elapsed = since();
  return pipe(
    TE.fromEither(explanationGraph(model, options.seed, options.rule)),
    TE.chain((explanation) =>
      pipe(
        backend.prepare(explanation.graph, model.weights, options),
        TE.map((runner): Explainer => {
          let prepare = elapsed();
          return {
            explain: (prompt, ask = {}) =>
              pipe(
                TE.fromEither(encodePrompt(model, prompt, ask.target)),
                TE.chain((encoding) =>
                  explained({ model, backend, options, explanation, runner, encoding, ask, prepare }),
                ),
                TE.chainFirstIOK(() => () => {
                  prepare = 0;
                }),
              ),
            dispose: runner.dispose,
          };
        }),
      ),
    ),
  );
};

/**
 * A prompt's tokens. Everything about a prompt and a target that can be wrong is found here, before anything runs: an empty
 * or too long prompt, a target that is not one token.
 */
export const encodePrompt = (
  { tokenizer, architecture }: Model,
  prompt: string,
  target?: TargetChoice,
): E.Either<readonly Fault[], Encoding> =>
  pipe(
    tokenizer.encode(prompt, { special: true }),
    E.chain((encoding) => {
      const { length } = encoding.ids;
      if (prompt === "" || length === 0) return E.left([fault("prompt", "prompt", "some text", "none")]);
      return length <= architecture.context
        ? E.right(encoding)
        : E.left([
            fault(
              "prompt",
              "prompt",
              `at most ${architecture.context} tokens (the model's context)`,
              `${length}`,
              "shorten it",
            ),
          ]);
    }),
    E.chainFirst(() =>
      target === undefined
        ? E.right(undefined)
        : E.map(() => undefined)(targetId(target, tokenizer, architecture.vocabulary)),
    ),
  );

type Run = {
  readonly model: Model;
  readonly backend: Backend;
  readonly options: ExplainerOptions;
  readonly explanation: Explanation;
  readonly runner: Runner;
  readonly encoding: Encoding;
  readonly ask: Ask;
  readonly prepare: number;
};

const explained = (r: Run): Faulty<Attribution> => {
  const elapsed = since();
  const position = r.encoding.ids.length - 1;
  const inputs = { tokens: i32([r.encoding.ids.length], r.encoding.ids), position: i32([1], [position]) };
  return pipe(
    r.runner.run(inputs, r.ask),
    TE.bindTo("outputs"),
    TE.bind("target", ({ outputs }) =>
      TE.fromEither(
        targetId(
          r.ask.target ?? likeliest(outputs.logits?.data ?? []),
          r.model.tokenizer,
          r.model.architecture.vocabulary,
        ),
      ),
    ),
    TE.bind("direction", ({ target }) => r.model.checkpoint.readRows(r.model.architecture.unembedding, target.id, 1)),
    TE.map(({ outputs, target, direction }) => attribution(r, outputs, target, toF64(direction), elapsed())),
    TE.filterOrElse(isSound, notFinite),
  );
};

const isSound = ({ target, total }: Attribution): boolean => Number.isFinite(target.logit) && Number.isFinite(total);

const notFinite = ({ target, total }: Attribution): readonly Fault[] => [
  fault(
    "not-finite",
    "scores",
    "finite numbers",
    `a logit of ${target.logit} and parts that sum to ${total}`,
    "weights may be damaged, or the rule's temperature too small",
  ),
];

/** Scores of all parts along a direction, in f64: `[M, D] · [D] → [M]`. */
const along = (parts: Float64Array, direction: Float64Array): readonly number[] => {
  const width = direction.length;
  return Array.from({ length: parts.length / width }, (_, m) =>
    direction.reduce((sum, w, d) => sum + w * (parts[m * width + d] as number), 0),
  );
};

const attribution = (
  { model, backend, options, explanation, encoding, prepare }: Run,
  outputs: Tensors,
  target: { readonly id: number; readonly text: string },
  direction: Float64Array,
  run: number,
): Attribution => {
  const { architecture } = model;
  const logits = outputs.logits?.data ?? [];
  const logit = logits[target.id] as number;
  const reached = outputs[explainedOutput(architecture)]?.data[target.id] as number;
  const states = toF64(outputs[partsName(NORMED)] as Tensors[string]);
  const names = partNames(
    explanation.decomposed.layout,
    encoding.tokens.map((t) => t.text),
  );
  const scores = along(states, direction).map((score) => score * architecture.logitScale);
  const total = scores.reduce((a, b) => a + b, 0);
  return {
    model: { path: model.source, family: architecture.family, layers: architecture.layers },
    backend: { name: backend.name, device: backend.device, why: options.why },
    rule: options.rule.name,
    seed: options.seed.name,
    prompt: encoding.text,
    tokens: encoding.tokens,
    position: encoding.ids.length - 1,
    target: {
      ...target,
      logit,
      probability: probabilityOf(target.id, logits),
      ...(architecture.softcap !== undefined && { explained: { logit: reached, softcap: architecture.softcap } }),
    },
    parts: withExtras(names, scores, encoding.ids.length),
    total,
    gap: Math.abs(total - reached) / Math.max(Math.abs(reached), Number.MIN_VALUE),
    times: { prepare, run },
    states: { names, shape: [names.length, direction.length], data: states },
  };
};

/** Bias and remainder always have their line, so that a reader never wonders where they went. */
const withExtras = (names: readonly string[], scores: readonly number[], tokens: number): readonly PartScore[] => {
  const named = names.slice(0, tokens).map((name, i) => ({ name, score: scores[i] as number, token: i }));
  const extra = (name: string): PartScore => ({ name, score: scores[names.indexOf(name, tokens)] ?? 0 });
  return [...named, extra("bias"), extra("remainder")];
};
