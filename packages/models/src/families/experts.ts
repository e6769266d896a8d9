// Experts in place of an MLP: what Mixtral and Qwen3-MoE share. The families say what the maps are called.

import type { Fault } from "@depass/graph";
import { type Expr, experts, weight } from "@depass/graph";
import { unless } from "../settings.ts";
import { site } from "../sites.ts";
import type { DecoderConfig } from "./decoder.config.ts";

export type ExpertsConfig = DecoderConfig & {
  /** E, and how many of them a token goes through. */
  readonly experts: number;
  readonly chosen: number;
  /** Width I of each expert; `mlpWidth` is that of layers without. */
  readonly expertWidth: number;
  /** The likelihoods of the chosen ones are made to sum to one. */
  readonly normalized: boolean;
};

/** Names below `model.layers.N.`, as a family's checkpoints have them. */
export type ExpertNames = {
  readonly router: string;
  readonly expert: (number: number, map: "gate" | "up" | "down") => string;
};

/** The experts of a layer. */
export const expertsOf = (c: ExpertsConfig, names: ExpertNames, layer: number): ((x: Expr) => Expr) => {
  const prefix = `model.layers.${layer}`;
  const all = (kind: "gate" | "up" | "down", shape: readonly number[]): readonly Expr[] =>
    Array.from({ length: c.experts }, (_, e) => weight(`${prefix}.${names.expert(e, kind)}.weight`, shape));
  return experts({
    activation: c.activation,
    router: weight(`${prefix}.${names.router}.weight`, [c.experts, c.hidden]),
    chosen: c.chosen,
    normalized: c.normalized,
    gate: all("gate", [c.expertWidth, c.hidden]),
    up: all("up", [c.expertWidth, c.hidden]),
    down: all("down", [c.hidden, c.expertWidth]),
    neurons: c.expertWidth,
    hidden: c.hidden,
    site: site.mlpPost(layer),
    expertSite: site.expertPost(layer),
  });
};

/** A token cannot choose more experts than there are. */
export const checkChoice = ({ chosen, experts }: ExpertsConfig, where: string): readonly Fault[] =>
  unless(chosen <= experts, where, "num_experts_per_tok", `at most the number of experts (${experts})`, chosen);
