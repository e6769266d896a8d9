// Everything at once: a score for every head and every module of every layer, from one frozen forward pass. By a rule that is
// linear also for every token at every layer and every neuron, from one pass backwards (adjoint.ts).
import {
  type Backend,
  decompose,
  type Expr,
  expand,
  type Fault,
  type Faulty,
  type Graph,
  pack,
  partsName,
  type Rule,
  rewrite,
  type Seed,
  share,
  simplify,
  type Tensor,
  toF64,
  unnamed,
} from "@depass/graph";
import type { Architecture, Model, Token } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { flow, pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { AllScores } from "./adjoint.ts";
import { backward, type Call, type CallOptions, described, inputsOf, runOnce } from "./backward.ts";
import { encodePrompt } from "./explainer.ts";
import { atPosition, explainedOutput } from "./explanation.ts";
import { attentionLevel, headLevel, mlpLevel } from "./levels.ts";
import { along, answered, relativeGap } from "./question.ts";
import type { Attribution, Target, Times } from "./result.ts";

export type Maps = Pick<Attribution, "model" | "backend" | "rule" | "mode" | "prompt" | "position"> & {
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

const kinds = { heads: headLevel, attention: attentionLevel, mlp: mlpLevel } as const;
type Kind = keyof typeof kinds;

const nameOf = (kind: Kind, layer: number): string => `${kind} ${layer}`;

/** The parts of the normed state under one name, with no names inside, so that many decompositions share a graph. */
const partsOf = (normed: Expr, seed: Seed, rule: Rule, name: string): E.Either<readonly Fault[], Graph> =>
  pipe(
    decompose({ normed }, { seed, rule }),
    E.map(({ graph }) => {
      const bare = rewrite({ [name]: graph[partsName("normed")] as Expr }, (now) =>
        now.site?.endsWith(".parts") ? unnamed(now) : now,
      );
      return bare;
    }),
  );

/** One graph in which each layer's heads, attention and MLP are carried to the last norm beside one forward pass. */
export const mapsGraph = (architecture: Architecture, rule: Rule): E.Either<readonly Fault[], Graph> => {
  const normed = atPosition(architecture.normed);
  const layers = Array.from({ length: architecture.layers }, (_, l) => l);
  const wanted = layers.flatMap((layer) => (Object.keys(kinds) as Kind[]).map((kind) => [kind, layer] as const));
  const outputs: Graph = {
    normed,
    logits: architecture.unembed(normed),
    [explainedOutput(architecture)]: architecture.explained(normed),
  };
  return pipe(
    // Norms once for all, or each decomposition would write them anew, and have a forward pass of its own.
    expand(outputs, (x) => x.op === "rmsNorm" || x.op === "layerNorm"),
    E.bindTo("whole"),
    E.bind("graphs", ({ whole }) =>
      pipe(
        wanted,
        E.traverseArray(([kind, layer]) =>
          pipe(
            kinds[kind](architecture, layer),
            E.chain((seed) => partsOf(whole.normed as Expr, seed, rule, nameOf(kind, layer))),
          ),
        ),
      ),
    ),
    E.map(({ whole, graphs }): Graph => ({ ...Object.assign({}, ...graphs), ...whole })),
    E.chain(flow(share, simplify)),
    E.chain(pack),
  );
};

const forwardMaps = (call: Call): Faulty<Maps> => {
  const { model, options } = call;
  return pipe(
    TE.fromEither(mapsGraph(model.architecture, options.rule)),
    TE.chain((graph) =>
      runOnce(call, graph, inputsOf(call), (outputs, times) =>
        pipe(
          answered(model, options, outputs),
          TE.map((answer): Maps => {
            const scores = (kind: Kind): readonly (readonly number[])[] =>
              Array.from({ length: model.architecture.layers }, (_, layer) =>
                along(toF64(outputs[nameOf(kind, layer)] as Tensor), answer.direction),
              );
            const [heads, attention, mlp] = [scores("heads"), scores("attention"), scores("mlp")];
            const gaps = [...heads, ...attention, ...mlp].map((s) => relativeGap(total(s), answer));
            const count = (kind: Kind, layer: number): number => named(kind, layer, model.architecture);
            return {
              ...described(call, answer),
              mode: "forward",
              heads: heads.map((s, layer) => s.slice(1, count("heads", layer))),
              attention: attention.map((s) => s[1] as number),
              mlp: mlp.map((s) => s[1] as number),
              gap: Math.max(...gaps),
              times,
            };
          }),
        ),
      ),
    ),
  );
};

const total = (scores: readonly number[]): number => scores.reduce((a, b) => a + b, 0);

/** How many named parts a level has at a layer. */
const named = (kind: Kind, layer: number, architecture: Architecture): number => {
  const seed = kinds[kind](architecture, layer);
  return E.isRight(seed) ? (seed.right.named as number) : 0;
};

const adjointMaps = (call: Call): Faulty<Maps> =>
  pipe(
    backward(call),
    TE.map(({ answer, scores: { tokens, neurons, heads, attention, mlp }, times }) => ({
      ...described(call, answer),
      mode: "adjoint",
      heads,
      attention,
      mlp,
      all: { tokens, neurons },
      gap: Math.max(...tokens.map((scores) => relativeGap(total(scores), answer))),
      times,
    })),
  );

/**
 * Scores of all heads `[L][H]` and modules `[L]` for a prompt's next token, by any rule, from one forward pass; by a linear
 * rule from one more pass backwards, with those of tokens and neurons. Faults: those of the prompt, target, backend.
 */
export const explainedMaps = (model: Model, backend: Backend, prompt: string, options: CallOptions): Faulty<Maps> =>
  pipe(
    TE.fromEither(encodePrompt(model, prompt, options)),
    TE.chain((encoding) => {
      const call = { model, backend, options, encoding };
      return options.rule.linear === true ? adjointMaps(call) : forwardMaps(call);
    }),
  );
