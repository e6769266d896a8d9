// Small models decomposed by their tokens, with the rows of the parts packed.
import {
  decompose,
  type Graph,
  gather,
  input,
  mapOutputs,
  orThrow,
  pack,
  partsName,
  prune,
  simplify,
  softmaxRule,
  tokenSeed,
} from "@depass/graph";
import type { ModelConfig, RandomModel } from "@depass/graph/testing";

export const wide: ModelConfig = {
  tokens: 9,
  layers: 2,
  kvHeads: 2,
  each: 2,
  half: 2,
  width: 6,
  neurons: 5,
  norm: "rms",
  gated: true,
  activation: "silu",
  biases: false,
  positions: "rotary",
  parallel: false,
  bounded: true,
  after: true,
  experts: 0,
  seed: 3,
};

/** A model decomposed by its tokens and packed: the parts of its last state. */
export const packed = (
  { graph, states }: RandomModel,
  special: "ignore" | "keep" = "ignore",
  asked?: number,
): Graph => {
  const seed = tokenSeed(states[0] as string);
  const twin = orThrow(decompose(graph, { seed, rule: softmaxRule(0.1, special) }));
  const wanted = prune([partsName("logits"), "logits"])(twin.graph);
  if (asked === undefined) return orThrow(pack(orThrow(simplify(wanted))));
  const at = gather(-2, input("position", [asked], "i32"));
  return orThrow(pack(orThrow(simplify(mapOutputs(wanted, at)))));
};
