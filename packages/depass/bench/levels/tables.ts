// Which levels and which rules are measured? The rows and the columns of the table.
import { type Graph, linearRule, maxRule, orThrow, type Rule, reluRule, softmaxRule, taylorRule } from "@depass/graph";
import type { Architecture } from "@depass/models";
import { atPosition } from "../../src/explanation.ts";
import { type Level, levelOf } from "../../src/level.ts";
import { attentionLevel, headLevel, mlpLevel, neuronLevel, tokenLevel } from "../../src/levels.ts";
import { spanLevel } from "../../src/spans.ts";

const middle = ({ layers }: Architecture): number => Math.floor(layers / 2);

/** Modules, heads and neurons are those of the layer in the middle. */
export const levels: Readonly<Record<string, (a: Architecture) => Level>> = {
  token: (a) => levelOf(orThrow(tokenLevel(a))),
  words: () => spanLevel("words"),
  attention: (a) => levelOf(orThrow(attentionLevel(a, middle(a)))),
  mlp: (a) => levelOf(orThrow(mlpLevel(a, middle(a)))),
  head: (a) => levelOf(orThrow(headLevel(a, middle(a)))),
  "neuron (10)": (a) => levelOf(orThrow(neuronLevel(a, middle(a), [...new Array(10).keys()]))),
};

/** The model alone, at one position. */
export const forward = ({ normed, unembed }: Architecture): Graph => ({ logits: unembed(atPosition(normed)) });

export const rules: readonly Rule[] = [softmaxRule(), maxRule(), reluRule(), linearRule(), taylorRule()];
