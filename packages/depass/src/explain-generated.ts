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
  narrow,
  orThrow,
  type PartsLayout,
  pack,
  partsName,
  prune,
  type Rule,
  type RunOptions,
  reshape,
  type Seed,
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
import { type Level, levelOf, type Part, type PromptParts, partsIn } from "./level.ts";
import { tokenLevel } from "./levels.ts";

/** One generated token, and what the tokens before it supplied to its logit. */
export type ExplainedToken = {
  /** Its place among all tokens. */
  readonly position: number;
  readonly id: number;
  /** What the scores sum to: the logit, before a softcap where there is one. */
  readonly logit: number;
  /** Of tokens 0 to position - 1, in order; of other parts, all of them in the explanation's order. */
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
  /** What scores are of; with tokens as parts, the tokens but the last. */
  readonly parts: readonly Part[];
  /** Whether the parts are the tokens, each by its own number. */
  readonly byToken: boolean;
  readonly encoding: Encoding;
  readonly promptTokens: number;
  readonly tokens: readonly ExplainedToken[];
  /** Seconds. */
  readonly times: { readonly prepare: number; readonly run: number };
};

export type ExplainGeneratedOptions = RunOptions & {
  /** What the parts are, as in attribute(); spans are of prompt and answer together. Default: each token, from `layer` on. */
  readonly seed?: Seed | Level;
  /** Layer at whose input tokens begin; default: 0. */
  readonly layer?: number;
  /** Default: softmax with temperature 0.1. */
  readonly rule?: Rule;
  readonly backend?: Backend | BackendOptions;
};

/** Which continuation: a Generation, or ids of one's own behind a prompt's. */
export type Continuation = Pick<Generation, "encoding" | "promptTokens">;

const SCORES = "scores";

type Scoring = { readonly graph: Graph; readonly layout: PartsLayout };

/**
 * `scores` `[G]`, the logits of `targets` `[G]` behind `positions` `[G]`, and their parts `[M, G]`: each normed state times the
 * row of its target, `[G, 1, D] · [G, D, 1]`.
 */
export const scoringGraph = (
  architecture: Architecture,
  rule: Rule,
  seed: Seed,
): E.Either<readonly Fault[], Scoring> => {
  const { hidden, vocabulary, unembedding, logitScale } = architecture;
  const states = gather(-2, input("positions", ["G"], "i32"))(architecture.normed);
  const rows = gather(-2, input("targets", ["G"], "i32"))(weight(unembedding, [vocabulary, hidden]));
  const products = matmul(reshape(1, [1, hidden])(rows), reshape(1, [hidden, 1])(states));
  const logits = reshape(3, ["G"])(products);
  const source = { [SCORES]: logitScale === 1 ? logits : mul(logits, logitScale) };
  return pipe(
    decompose(source, { seed, rule }),
    E.bindTo("decomposed"),
    E.bind("graph", ({ decomposed }) =>
      pipe(decomposed.graph, prune([partsName(SCORES), SCORES]), flow(share, simplify), E.chain(narrow), E.chain(pack)),
    ),
    E.map(({ graph, decomposed: { layout } }) => ({ graph, layout })),
  );
};

const inputsOf = (text: Continuation, { inputs }: PromptParts): Tensors => {
  const {
    encoding: { ids },
    promptTokens,
  } = text;
  const places = ids.slice(promptTokens).map((_, i) => promptTokens + i);
  const read = readOf(text).ids;
  return {
    ...inputs,
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

/** What is read: the last token explains nothing here, for nothing stands behind it. */
const readOf = ({ encoding }: Continuation): Encoding => ({
  ...encoding,
  ids: encoding.ids.slice(0, -1),
  tokens: encoding.tokens.slice(0, -1),
});

const tokensOf = ({ encoding, promptTokens }: Continuation, named: number, layout: PartsLayout, out: Tensors) => {
  const [parts, logits] = [toF64(out[partsName(SCORES)] as Tensor), toF64(out[SCORES] as Tensor)];
  const count = logits.length;
  const at = (part: number, i: number): number => parts[part * count + i] as number;
  const hasBias = layout.bias !== undefined;
  return Array.from({ length: count }, (_, i): ExplainedToken => {
    const position = promptTokens + i;
    const logit = logits[i] as number;
    const scores = Float64Array.from({ length: layout.tokenLevel ? position : named }, (_, part) => at(part, i));
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

const levelAsked = (model: Model, { seed, layer = 0 }: ExplainGeneratedOptions): E.Either<readonly Fault[], Level> =>
  pipe(seed === undefined ? tokenLevel(model.architecture, layer) : E.right(seed), E.map(levelOf));

/** A continuation that can be explained: its graph, and the parts of what is read. */
const understood = (model: Model, text: Continuation, options: ExplainGeneratedOptions, rule: Rule) =>
  pipe(
    checked(text),
    E.bindTo("checked"),
    E.bind("level", () => levelAsked(model, options)),
    E.bind("parts", ({ level }) => partsIn(level, readOf(text))),
    E.bind("scoring", ({ level }) => scoringGraph(model.architecture, rule, level.seed)),
  );

/** Explains every token of a continuation on an open backend. Faults: no such layer, those of decompose() and the backend. */
export const explanationOf = (
  model: Model,
  backend: Backend,
  text: Continuation,
  options: ExplainGeneratedOptions = {},
): Faulty<GeneratedExplanation> => {
  const { rule = softmaxRule() } = options;
  const preparing = since();
  return pipe(
    TE.fromEither(understood(model, text, options, rule)),
    TE.bind("runner", ({ scoring }) =>
      backend.prepare(scoring.graph, model.weights, { ...options, sizes: { T: readOf(text).ids.length } }),
    ),
    TE.chain(({ scoring: { layout }, level, parts, runner }) => {
      const [prepare, running] = [preparing(), since()];
      return pipe(
        async () => {
          const out = await runner.run(inputsOf(text, parts), options)();
          runner.dispose();
          return out;
        },
        TE.map(
          (out): GeneratedExplanation => ({
            rule: rule.name,
            seed: level.seed.name,
            parts: parts.parts,
            byToken: layout.tokenLevel,
            encoding: text.encoding,
            promptTokens: text.promptTokens,
            tokens: tokensOf(text, parts.parts.length, layout, out),
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
 * What every earlier token, or whatever else the parts are, supplied to each token of a generated text.
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
