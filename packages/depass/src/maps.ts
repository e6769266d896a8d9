// Everything at once: a score for every head and every module of every layer, from one frozen forward pass. By a rule that is
// linear also for every token at every layer and every neuron, from one pass backwards (adjoint.ts).
import {
  type Backend,
  decomposeMany,
  type Expr,
  expand,
  type Fault,
  type Faulty,
  type Graph,
  narrow,
  partsName,
  type Rule,
  rewrite,
  type Seed,
  share,
  simplify,
  type Tensor,
  type Tensors,
  toF64,
  unnamed,
} from "@depass/graph";
import { type Architecture, type Model, site, type Token } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as RA from "fp-ts/lib/ReadonlyArray.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type AllScores, adjointGraph } from "./adjoint.ts";
import { backwardPasses, type Call, type CallOptions, described, inputsOf, runOnce } from "./backward.ts";
import { encodePrompt } from "./explainer.ts";
import { atPosition, explainedOutput } from "./explanation.ts";
import { lazy } from "./lazy.ts";
import { attentionLevel, headLevel, mlpLevel } from "./levels.ts";
import type { Prompt } from "./prompt.ts";
import { along, answered, relativeGap } from "./question.ts";
import type { Attribution, Target, Times } from "./result.ts";
import { sumOf } from "./sum.ts";

export type Maps = Pick<
  Attribution,
  "model" | "backend" | "rule" | "mode" | "prompt" | "position" | "hashes" | "call"
> & {
  readonly tokens: readonly Token[];
  readonly target: Target;
  readonly foils?: readonly Target[];
  readonly explained: number;
  readonly heads: AllScores["heads"];
  readonly attention: AllScores["attention"];
  readonly mlp: AllScores["mlp"];
  /** In adjoint mode: every token at every layer, `[L + 1][T]`, and every neuron, `[L][I]`. */
  readonly all?: Pick<AllScores, "tokens" | "neurons">;
  /** The largest relative gap of any of the decompositions: how far their parts are from the whole. */
  readonly gap: number;
  readonly times: Times;
};

const layersOf = ({ layers }: Architecture): readonly number[] => Array.from({ length: layers }, (_, l) => l);

type Seeds = E.Either<readonly Fault[], readonly Seed[]>;

const headSeeds = (architecture: Architecture): Seeds =>
  pipe(
    layersOf(architecture),
    E.traverseArray((l) => headLevel(architecture, l)),
  );

/** Each layer's attention and MLP, by turns: layer by layer they begin, so the parts of those before are one piece. */
const moduleSeeds = (architecture: Architecture): Seeds =>
  pipe(
    layersOf(architecture),
    RA.chain((l) => [attentionLevel(architecture, l), mlpLevel(architecture, l)]),
    E.sequenceArray,
  );

/** The parts of the normed state under one name, with no names inside, so that two decompositions share a graph. */
const partsOf = (normed: Expr, seeds: readonly Seed[], rule: Rule, name: string): E.Either<readonly Fault[], Graph> =>
  pipe(
    decomposeMany({ normed }, { seeds, rule }),
    E.map(({ graph }) =>
      rewrite({ [name]: graph[partsName("normed")] as Expr }, (now) =>
        now.site?.endsWith(".parts") ? unnamed(now) : now,
      ),
    ),
  );

export type MapsGraph = {
  readonly graph: Graph;
  /** How many heads each layer has; they are parts 1 and on. */
  readonly heads: number;
};

/**
 * One graph in which each layer's heads, attention and MLP are carried to the last norm beside one forward pass: `heads`
 * `[L, M, 1, D]`, `modules` `[2L, M, 1, D]`.
 */
export const mapsGraph = (architecture: Architecture, rule: Rule): E.Either<readonly Fault[], MapsGraph> => {
  const normed = atPosition(architecture.normed);
  const outputs: Graph = {
    normed,
    logits: architecture.unembed(normed),
    [explainedOutput(architecture)]: architecture.explained(normed),
  };
  return pipe(
    // Norms once for all, or each decomposition would write them anew, and have a forward pass of its own.
    expand(outputs, (x) => x.op === "rmsNorm" || x.op === "layerNorm"),
    E.bindTo("whole"),
    E.bind("headSeeds", () => headSeeds(architecture)),
    E.bind("moduleSeeds", () => moduleSeeds(architecture)),
    E.bind("heads", (a) => partsOf(a.whole.normed as Expr, a.headSeeds, rule, "heads")),
    E.bind("modules", (a) => partsOf(a.whole.normed as Expr, a.moduleSeeds, rule, "modules")),
    E.bind("graph", ({ whole, heads, modules }) =>
      pipe({ ...heads, ...modules, ...whole }, share, simplify, E.chain(narrow)),
    ),
    E.map(({ graph, headSeeds: [first] }) => ({ graph, heads: (first?.named as number) - 1 })),
  );
};

/** Scores of each group's parts. */
const scoresIn = (parts: Tensor, direction: Float64Array): readonly (readonly number[])[] =>
  RA.chunksOf(parts.shape[1] as number)(along(toF64(parts), direction));

const forwardOf = (call: Call, heads: number, outputs: Tensors, times: Times): Faulty<Maps> =>
  pipe(
    answered(call.model, call.options, outputs),
    TE.map((answer): Maps => {
      const all = scoresIn(outputs.heads as Tensor, answer.direction);
      const modules = scoresIn(outputs.modules as Tensor, answer.direction);
      const ofModules = (kind: 0 | 1): readonly number[] =>
        modules.flatMap((s, i) => (i % 2 === kind ? [s[1] as number] : []));
      return {
        ...described(call, answer),
        mode: "forward",
        heads: all.map((s) => s.slice(1, 1 + heads)),
        attention: ofModules(0),
        mlp: ofModules(1),
        gap: Math.max(...[...all, ...modules].map((s) => relativeGap(sumOf(s), answer))),
        times,
      };
    }),
  );

type Mapping = (call: Call) => Faulty<Maps>;

const forwardMaps = ({ architecture }: Model, rule: Rule): Mapping => {
  const made = lazy(() => mapsGraph(architecture, rule));
  return (call) =>
    pipe(
      TE.fromEither(made()),
      TE.chain(({ graph, heads }) =>
        runOnce(call, graph, inputsOf(call), (outputs, times) => forwardOf(call, heads, outputs, times)),
      ),
    );
};

/** What sums to the whole: the tokens at each layer, or where the model has biases, those entering the first and the biases behind. */
const decomposed = (tokens: AllScores["tokens"], bias: number | undefined): AllScores["tokens"] =>
  bias === undefined ? tokens : [[...(tokens[0] as readonly number[]), bias]];

const adjointMaps = (model: Model, rule: Rule): Mapping => {
  const pass = backwardPasses(model, { rule, begun: everything });
  return (call) =>
    pipe(
      pass(call),
      TE.map(({ answer, scores: { tokens, neurons, heads, attention, mlp, bias }, times }) => ({
        ...described(call, answer),
        mode: "adjoint",
        heads,
        attention,
        mlp,
        all: { tokens, neurons },
        gap: Math.max(...decomposed(tokens, bias).map((scores) => relativeGap(sumOf(scores), answer))),
        times,
      })),
    );
};

/** Where the parts of maps begin that are scored backwards. */
const everything = [site.residPre(0)];

/** The graph whose run makes the maps, by a rule. */
export const graphOfMaps = ({ architecture }: Model, rule: Rule): E.Either<readonly Fault[], Graph> =>
  rule.linear === true
    ? adjointGraph(architecture, rule, everything)
    : E.map(({ graph }: MapsGraph) => graph)(mapsGraph(architecture, rule));

/** Maps of any prompts by one rule: the graphs are made once. Faults: those of the prompt, target, backend. */
export const mapping = (
  model: Model,
  rule: Rule,
): ((backend: Backend, prompt: Prompt, options: Omit<CallOptions, "rule">) => Faulty<Maps>) => {
  const maps = (rule.linear === true ? adjointMaps : forwardMaps)(model, rule);
  return (backend, prompt, options) =>
    pipe(
      TE.fromEither(encodePrompt(model, prompt, options)),
      TE.chain((encoding) => maps({ model, backend, options: { ...options, rule }, encoding })),
    );
};

/**
 * Scores of all heads `[L][H]` and modules `[L]` for a prompt's next token, by any rule, from one forward pass; by a linear
 * rule from one more pass backwards, with those of tokens and neurons. Faults: those of the prompt, target, backend.
 */
export const explainedMaps = (model: Model, backend: Backend, prompt: Prompt, options: CallOptions): Faulty<Maps> =>
  mapping(model, options.rule)(backend, prompt, options);
