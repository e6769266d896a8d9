// Why each token of a generated text? One decomposed pass over prompt and continuation: parts are causal, so the score of the
// token at position t is read from the parts at t - 1, for all of them at once. The product with the unembedding's row of
// each token is part of the graph: what comes back is one number per part and token, never a state.
import {
  type Backend,
  decompose,
  type Fault,
  type Faulty,
  fault,
  type Graph,
  gather,
  i32,
  input,
  matmul,
  mul,
  orThrow,
  type PartsLayout,
  pack,
  partsName,
  prune,
  type Rule,
  type RunOptions,
  reshape,
  share,
  simplify,
  softmaxRule,
  type Tensor,
  type Tensors,
  toF64,
  weight,
} from "@depass/graph";
import type { Architecture, Encoding, Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { flow, pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type BackendOptions, openBackend } from "#backends";
import { since } from "./clock.ts";
import type { Generation } from "./generate.ts";
import { tokenLevel } from "./levels.ts";

/** One generated token, and what the tokens before it supplied to its logit. */
export type ExplainedToken = {
  /** Its place among all tokens. */
  readonly position: number;
  readonly id: number;
  /** What the scores sum to: the logit, before a softcap where there is one. */
  readonly logit: number;
  /** Of tokens 0 to position - 1, in order. */
  readonly scores: Float64Array;
  readonly bias: number;
  readonly remainder: number;
  readonly total: number;
  /** |total - logit| / |logit|. */
  readonly gap: number;
};

export type GeneratedExplanation = {
  readonly rule: string;
  readonly seed: string;
  readonly encoding: Encoding;
  readonly promptTokens: number;
  readonly tokens: readonly ExplainedToken[];
  /** Seconds. */
  readonly times: { readonly prepare: number; readonly run: number };
};

export type ExplainGeneratedOptions = RunOptions & {
  /** Layer at whose input the parts begin; default: 0. */
  readonly layer?: number;
  /** Default: softmax with temperature 0.1. */
  readonly rule?: Rule;
  readonly backend?: Backend | BackendOptions;
};

/** Which continuation: a Generation, or ids of one's own behind a prompt's. */
export type Continuation = Pick<Generation, "encoding" | "promptTokens">;

const SCORES = "scores";

type Scoring = { readonly graph: Graph; readonly layout: PartsLayout; readonly seed: string };

/**
 * `scores` `[G]`, the logits of `targets` `[G]` behind `positions` `[G]`, and their parts `[M, G]`: each normed state times the
 * row of its target, `[G, 1, D] · [G, D, 1]`.
 */
export const scoringGraph = (
  architecture: Architecture,
  rule: Rule,
  layer: number,
): E.Either<readonly Fault[], Scoring> => {
  const { hidden, vocabulary, unembedding, logitScale } = architecture;
  const states = gather(-2, input("positions", ["G"], "i32"))(architecture.normed);
  const rows = gather(-2, input("targets", ["G"], "i32"))(weight(unembedding, [vocabulary, hidden]));
  const products = matmul(reshape(1, [1, hidden])(rows), reshape(1, [hidden, 1])(states));
  const logits = reshape(3, ["G"])(products);
  const source = { [SCORES]: logitScale === 1 ? logits : mul(logits, logitScale) };
  return pipe(
    tokenLevel(architecture, layer),
    E.bindTo("seed"),
    E.bind("decomposed", ({ seed }) => decompose(source, { seed, rule })),
    E.bind("graph", ({ decomposed }) =>
      pipe(decomposed.graph, prune([partsName(SCORES), SCORES]), flow(share, simplify), E.chain(pack)),
    ),
    E.map(({ graph, decomposed: { layout }, seed }) => ({ graph, layout, seed: seed.name })),
  );
};

const inputsOf = ({ encoding: { ids }, promptTokens }: Continuation): Tensors => {
  const places = ids.slice(promptTokens).map((_, i) => promptTokens + i);
  // The last token explains nothing here: nothing is read behind it.
  const read = ids.slice(0, -1);
  return {
    tokens: i32([read.length], read),
    positions: i32(
      [places.length],
      places.map((p) => p - 1),
    ),
    targets: i32(
      [places.length],
      places.map((p) => ids[p] as number),
    ),
  };
};

const tokensOf = ({ encoding, promptTokens }: Continuation, layout: PartsLayout, out: Tensors) => {
  const [parts, logits] = [toF64(out[partsName(SCORES)] as Tensor), toF64(out[SCORES] as Tensor)];
  const [count, named] = [logits.length, encoding.ids.length - 1];
  const at = (part: number, i: number): number => parts[part * count + i] as number;
  const hasBias = layout.bias !== undefined;
  return Array.from({ length: count }, (_, i): ExplainedToken => {
    const position = promptTokens + i;
    const logit = logits[i] as number;
    const scores = Float64Array.from({ length: position }, (_, part) => at(part, i));
    const [bias, remainder] = [hasBias ? at(named, i) : 0, at(named + (hasBias ? 1 : 0), i)];
    const total = scores.reduce((a, b) => a + b, bias + remainder);
    const gap = Math.abs(total - logit) / Math.max(Math.abs(logit), Number.MIN_VALUE);
    return { position, id: encoding.ids[position] as number, logit, scores, bias, remainder, total, gap };
  });
};

const isSound = ({ tokens }: GeneratedExplanation): boolean => tokens.every((t) => Number.isFinite(t.total + t.logit));

const checked = ({ encoding: { ids }, promptTokens }: Continuation): E.Either<readonly Fault[], void> =>
  promptTokens >= 1 && promptTokens < ids.length
    ? E.right(undefined)
    : E.left([fault("prompt", "continuation", "tokens behind those of a prompt", "none")]);

/** Explains every token of a continuation on an open backend. Faults: no such layer, those of decompose() and the backend. */
export const explanationOf = (
  model: Model,
  backend: Backend,
  text: Continuation,
  options: ExplainGeneratedOptions = {},
): Faulty<GeneratedExplanation> => {
  const { rule = softmaxRule(), layer = 0 } = options;
  const preparing = since();
  return pipe(
    TE.fromEither(checked(text)),
    TE.chainEitherK(() => scoringGraph(model.architecture, rule, layer)),
    TE.bindTo("scoring"),
    TE.bind("runner", ({ scoring }) => backend.prepare(scoring.graph, model.weights, options)),
    TE.chain(({ scoring, runner }) => {
      const [prepare, running] = [preparing(), since()];
      return pipe(
        async () => {
          const out = await runner.run(inputsOf(text), options)();
          runner.dispose();
          return out;
        },
        TE.map(
          (out): GeneratedExplanation => ({
            rule: rule.name,
            seed: scoring.seed,
            encoding: text.encoding,
            promptTokens: text.promptTokens,
            tokens: tokensOf(text, scoring.layout, out),
            times: { prepare, run: running() },
          }),
        ),
      );
    }),
    TE.filterOrElse(isSound, (): readonly Fault[] => [
      fault("not-finite", "scores", "finite numbers", "others", "the rule's temperature may be too small"),
    ]),
  );
};

/**
 * What every earlier token supplied to each token of a generated text.
 * Throws a FaultError: nothing generated, no such layer, no device, too little memory, aborted.
 */
export const explainGenerated = async (
  model: Model,
  text: Continuation,
  options: ExplainGeneratedOptions = {},
): Promise<GeneratedExplanation> => {
  const choice = options.backend ?? {};
  if ("prepare" in choice) return explanationOf(model, choice, text, options)().then(orThrow);
  const { backend } = orThrow(await openBackend(choice)());
  try {
    return orThrow(await explanationOf(model, backend, text, options)());
  } finally {
    await backend.close();
  }
};
