// The levels of a model (method.md, "Seeds"): what a part can be, as seeds at the model's own sites. The state entering the
// layer is the first part, so that all parts together are the whole stream. Parts have the names that the field uses:
// L3H5 is head 5 of layer 3, L3N120 neuron 120 of its MLP.
import { constant, type Fault, fault, iota, placedSeed, slicesAs, tokenSeed, wholeAs } from "@depass/graph";
import { type Architecture, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { AllScores } from "./adjoint.ts";
import { layerOf, sizeAt } from "./layer.ts";
import type { RankedLevel, ScoredSeed } from "./level.ts";

type Seeded = E.Either<readonly Fault[], ScoredSeed>;

/** Each token is a part, as its state enters a layer. Faults: no such layer. */
export const tokenLevel = (model: Architecture, layer = 0): Seeded =>
  E.map(() => ({
    ...tokenSeed(site.residPre(layer)),
    scoresFrom: (all: AllScores) => all.tokens[layer] as readonly number[],
  }))(layerOf(model, layer));

/** Two parts: the state entering the layer, and what its attention adds. Faults: no such layer. */
export const attentionLevel = (model: Architecture, layer: number): Seeded =>
  E.map(() => ({
    ...placedSeed(
      `attention of layer ${layer}`,
      2,
      wholeAs(0, 2, site.residPre(layer)),
      wholeAs(1, 2, site.attnOut(layer)),
    ),
    partNames: [residName(layer), `L${layer} attn_out`],
    scoresFrom: (all: AllScores) => [all.besideAttention[layer] as number, all.attention[layer] as number],
  }))(layerOf(model, layer));

/** Two parts: the state entering the layer with what its attention adds, and what its MLP adds. Faults: no such layer. */
export const mlpLevel = (model: Architecture, layer: number): Seeded =>
  E.map(() => ({
    ...placedSeed(`MLP of layer ${layer}`, 2, ...beforeMlp(layer, 2), wholeAs(1, 2, site.mlpOut(layer))),
    partNames: [`L${layer} without mlp_out`, `L${layer} mlp_out`],
    scoresFrom: (all: AllScores) => [all.besideMlp[layer] as number, all.mlp[layer] as number],
  }))(layerOf(model, layer));

/** H + 1 parts: the state entering the layer, and what each of its heads adds. Faults: no such layer. */
export const headLevel = (model: Architecture, layer: number): Seeded =>
  pipe(
    sizeAt(model, layer, site.attnZ(layer), -2, "heads"),
    E.map((heads) => ({
      ...placedSeed(
        `heads of layer ${layer}`,
        heads + 1,
        wholeAs(0, heads + 1, site.residPre(layer)),
        slicesAs(site.attnZ(layer), { rank: 3, axis: -2, size: heads, index: iota(heads), count: heads }),
      ),
      partNames: [residName(layer), ...Array.from({ length: heads }, (_, h) => `L${layer}H${h}`)],
      scoresFrom: (all: AllScores) => [
        all.besideAttention[layer] as number,
        ...(all.heads[layer] as readonly number[]),
      ],
    })),
  );

/** The chosen neurons of a layer's MLP, and before them everything else. Faults: no such layer or neuron, one twice. */
export const neuronLevel = (model: Architecture, layer: number, neurons: readonly number[]): Seeded =>
  pipe(
    sizeAt(model, layer, site.mlpPost(layer), -1, "neurons"),
    E.chain((size) => E.map(() => size)(chosen(layer, neurons, size))),
    E.map((size) => {
      const named = neurons.length + 1;
      const slices = { rank: 2, axis: -1, size, index: constant(neurons), count: neurons.length };
      return {
        ...placedSeed(
          `neurons of layer ${layer}`,
          named,
          ...beforeMlp(layer, named),
          slicesAs(site.mlpPost(layer), slices),
        ),
        partNames: ["rest", ...neurons.map((n) => `L${layer}N${n}`)],
        scoresFrom: (all: AllScores) => neuronScores(all, layer, neurons),
      };
    }),
  );

/**
 * The neurons of a layer's MLP whose scores by one pass backwards, under the rule if it is linear and else under taylor, are
 * farthest from 0, largest first; before them everything else. Faults: no such layer, no such number of neurons.
 */
export const topNeuronLevel = (
  model: Architecture,
  layer: number,
  count: number,
): E.Either<readonly Fault[], RankedLevel> =>
  pipe(
    sizeAt(model, layer, site.mlpPost(layer), -1, "neurons"),
    E.filterOrElse(
      (size) => Number.isInteger(count) && count >= 1 && count <= size,
      (size): readonly Fault[] => [fault("seed", `top neurons of layer ${layer}`, `1 to ${size} of them`, `${count}`)],
    ),
    E.chain(() => neuronLevel(model, layer, [0])),
    E.map((like) => ({
      like,
      rank: ({ neurons }) => farthest(neurons[layer] ?? [], count),
      level: (chosen) => neuronLevel(model, layer, chosen),
    })),
  );

const farthest = (scores: readonly number[], count: number): readonly number[] =>
  [...scores.keys()].sort((a, b) => Math.abs(scores[b] as number) - Math.abs(scores[a] as number)).slice(0, count);

/** What is left of the MLP goes with what it adds to. */
const neuronScores = (all: AllScores, layer: number, neurons: readonly number[]): readonly number[] => {
  const every = all.neurons[layer] ?? [];
  const own = neurons.map((n) => every[n] as number);
  const left = every.reduce((sum, score, n) => (neurons.includes(n) ? sum : sum + score), 0);
  return [(all.besideMlp[layer] as number) + left, ...own];
};

const residName = (layer: number): string => `L${layer} resid_pre`;

/** What a layer's MLP adds to, as part 0. Its two summands, because a parallel layer has no state between them. */
const beforeMlp = (layer: number, named: number) =>
  [wholeAs(0, named, site.residPre(layer)), wholeAs(0, named, site.attnOut(layer))] as const;

const chosen = (layer: number, neurons: readonly number[], size: number): E.Either<readonly Fault[], void> => {
  const wrong = neurons.find((n) => !Number.isInteger(n) || n < 0 || n >= size);
  const where = `neurons of layer ${layer}`;
  if (neurons.length === 0) return E.left([fault("seed", where, "at least one", "none")]);
  if (wrong !== undefined) return E.left([fault("seed", where, `numbers from 0 to ${size - 1}`, `${wrong}`)]);
  const twice = neurons.find((n, i) => neurons.indexOf(n) < i);
  return twice === undefined ? E.right(undefined) : E.left([fault("seed", where, "each once", `${twice} twice`)]);
};
