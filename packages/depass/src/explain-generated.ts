// Why each token of a generated text, and why not another? One decomposed pass over prompt and continuation: parts are causal, so
// the score of the token at position t is read from the parts at t - 1, for all of them at once.
import {
  type Backend,
  type Fault,
  type Faulty,
  f32,
  fault,
  i32,
  orThrow,
  type PartsLayout,
  partsName,
  type Rule,
  type RunOptions,
  type Seed,
  softmaxRule,
  type Tensor,
  type Tensors,
  toF64,
} from "@depass/graph";
import type { Encoding, Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type BackendOptions, openBackend } from "#backends";
import { since } from "./clock.ts";
import { type Foil, type Foils, type FoilToken, foilsAsked, foilsOf, placesIn } from "./foils.ts";
import type { Generation } from "./generate.ts";
import { LOGITS, SCORES, type Scoring, scoringGraph } from "./generated-scores.ts";
import { type Level, levelOf, type Part, type PromptParts, partsIn } from "./level.ts";
import { tokenLevel } from "./levels.ts";

/** `timesAsLikely`: its probability over that of the token that it is a foil of. */
export type ScoredFoil = FoilToken & { readonly logit: number; readonly timesAsLikely: number };

/** One generated token, and what the tokens before it supplied to its logit, or to how much that is above its foils'. */
export type ExplainedToken = {
  /** Its place among all tokens. */
  readonly position: number;
  readonly id: number;
  /** Before a softcap where there is one, as those of the foils. */
  readonly logit: number;
  /** What it is told apart from, where it is. */
  readonly foils?: readonly ScoredFoil[];
  /** What the scores sum to: the logit, minus the mean of the foils' where there are any. */
  readonly explained: number;
  /** Of tokens 0 to position - 1, in order; of other parts, all of them in the explanation's order. */
  readonly scores: Float64Array;
  readonly bias: number;
  readonly remainder: number;
  readonly total: number;
  /** |total - explained|, relative to it or to the logit, whichever is larger. */
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
  /**
   * What each token is told apart from: scores are then of its logit minus the foil's. A token (several: their mean), `runnerUp`, or a
   * function of each token's place. A token that is its own foil has a difference of 0.
   */
  readonly foil?: Foil;
  readonly backend?: Backend | BackendOptions;
};

/** Which continuation: a Generation, or ids of one's own behind a prompt's. */
export type Continuation = Pick<Generation, "encoding" | "promptTokens">;

/** The target first, then its foils: as much of it as of all of them. Rows are filled up with targets that have no share. */
const contrastsOf = (text: Continuation, foils: Foils): Tensors => {
  const wide = 1 + Math.max(...foils.map((own) => own.length));
  const rows = placesIn(text).map(({ id }, i) => [id, ...(foils[i] ?? []).map((f) => f.id)]);
  const filled = rows.map((row) => Array.from({ length: wide }, (_, c) => row[c] ?? (row[0] as number)));
  const counts = rows.map((row) => Math.max(1, row.length - 1));
  const shares = rows.map((row, i) =>
    Array.from({ length: wide }, (_, c) => (c === 0 ? (counts[i] as number) : c < row.length ? -1 : 0)),
  );
  return {
    picks: i32([rows.length, wide], filled.flat()),
    shares: f32([rows.length, wide], shares.flat()),
    counts: f32([rows.length], counts),
  };
};

const inputsOf = (text: Continuation, { inputs }: PromptParts, foils: Foils | undefined): Tensors => {
  const places = placesIn(text);
  const read = readOf(text).ids;
  const ints = (values: readonly number[]) => i32([values.length], values);
  return {
    ...inputs,
    tokens: ints(read),
    positions: ints(places.map(({ position }) => position - 1)),
    ...(foils === undefined ? { targets: ints(places.map(({ id }) => id)) } : contrastsOf(text, foils)),
  };
};

/** What is read: the last token explains nothing here, for nothing stands behind it. */
const readOf = ({ encoding }: Continuation): Encoding => ({
  ...encoding,
  ids: encoding.ids.slice(0, -1),
  tokens: encoding.tokens.slice(0, -1),
});

/** The logit of a token, those of its foils, and what its scores are to sum to. */
const goalOf = (i: number, { out, foils, softcap }: Ran): Pick<ExplainedToken, "logit" | "foils" | "explained"> => {
  if (foils === undefined) {
    const logit = toF64(out[SCORES] as Tensor)[i] as number;
    return { logit, explained: logit };
  }
  const { shape, data } = out[LOGITS] as Tensor;
  const at = (c: number): number => Number(data[i * (shape[1] as number) + c]);
  const bent = (logit: number): number => (softcap === undefined ? logit : softcap * Math.tanh(logit / softcap));
  const own = (foils[i] ?? []).map((foil, c): ScoredFoil => {
    const logit = at(c + 1);
    return { ...foil, logit, timesAsLikely: Math.exp(bent(logit) - bent(at(0))) };
  });
  const others = own.reduce((sum, { logit }) => sum + logit / own.length, 0);
  return { logit: at(0), ...(own.length === 0 ? {} : { foils: own }), explained: at(0) - others };
};

type Ran = {
  readonly out: Tensors;
  readonly named: number;
  readonly layout: PartsLayout;
  readonly foils: Foils | undefined;
  readonly softcap: number | undefined;
};

const tokensOf = (text: Continuation, ran: Ran): readonly ExplainedToken[] => {
  const { out, named, layout } = ran;
  const places = placesIn(text);
  const parts = toF64(out[partsName(SCORES)] as Tensor);
  const hasBias = layout.bias !== undefined;
  return places.map(({ position, id }, i): ExplainedToken => {
    const at = (part: number): number => parts[part * places.length + i] as number;
    const goal = goalOf(i, ran);
    const scores = Float64Array.from({ length: layout.tokenLevel ? position : named }, (_, part) => at(part));
    const [bias, remainder] = [hasBias ? at(named) : 0, at(named + (hasBias ? 1 : 0))];
    const total = scores.reduce((a, b) => a + b, bias + remainder);
    const size = Math.max(Math.abs(goal.logit), Math.abs(goal.explained), Number.MIN_VALUE);
    return { position, id, ...goal, scores, bias, remainder, total, gap: Math.abs(total - goal.explained) / size };
  });
};

const isSound = ({ tokens }: GeneratedExplanation): boolean =>
  tokens.every((t) => Number.isFinite(t.total + t.explained));

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
    E.chainFirst(() => (options.foil === undefined ? E.right([]) : foilsAsked(model, text, options.foil))),
    E.bind("scoring", ({ level }) => scoringGraph(model.architecture, rule, level.seed, options.foil !== undefined)),
  );

type Understood = { readonly scoring: Scoring; readonly level: Level; readonly parts: PromptParts };

const scored = (
  model: Model,
  backend: Backend,
  text: Continuation,
  { scoring: { graph, layout }, parts }: Understood,
  { foils, options }: { readonly foils: Foils | undefined; readonly options: RunOptions },
): Faulty<Pick<GeneratedExplanation, "tokens" | "times">> => {
  const preparing = since();
  return pipe(
    backend.prepare(graph, model.weights, { ...options, sizes: { T: readOf(text).ids.length } }),
    TE.chain((runner) => {
      const [prepare, running] = [preparing(), since()];
      return pipe(
        async () => {
          const out = await runner.run(inputsOf(text, parts, foils), options)();
          runner.dispose();
          return out;
        },
        TE.map((out) => ({
          tokens: tokensOf(text, {
            out,
            named: parts.parts.length,
            layout,
            foils,
            softcap: model.architecture.softcap,
          }),
          times: { prepare, run: running() },
        })),
      );
    }),
  );
};

/** Explains every token of a continuation on an open backend. Faults: no such layer or foil, those of decompose() and the backend. */
export const explanationOf = (
  model: Model,
  backend: Backend,
  text: Continuation,
  options: ExplainGeneratedOptions = {},
): Faulty<GeneratedExplanation> => {
  const { rule = softmaxRule(), foil, ...rest } = options;
  const preparing = since();
  return pipe(
    TE.fromEither(understood(model, text, options, rule)),
    TE.bindTo("known"),
    TE.bind("foils", () => (foil === undefined ? TE.right(undefined) : foilsOf(model, backend, text, foil, rest))),
    TE.bind("before", () => TE.fromIO(preparing)),
    TE.bind("found", ({ known, foils }) => scored(model, backend, text, known, { foils, options: rest })),
    TE.map(
      ({ known: { level, parts, scoring }, before, found: { tokens, times } }): GeneratedExplanation => ({
        rule: rule.name,
        seed: level.seed.name,
        parts: parts.parts,
        byToken: scoring.layout.tokenLevel,
        encoding: text.encoding,
        promptTokens: text.promptTokens,
        tokens,
        times: { prepare: before + times.prepare, run: times.run },
      }),
    ),
    TE.filterOrElse(isSound, (): readonly Fault[] => [
      fault("not-finite", "scores", "finite numbers", "others", "the rule's temperature may be too small"),
    ]),
  );
};

/**
 * What every earlier token, or whatever else the parts are, supplied to each token of a generated text; with a foil, to how much
 * its logit is above the foil's. Throws a FaultError: nothing generated, no such layer or foil, no device, too little memory, aborted.
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
