// Two answers as the tests of the page need them, and how a piece of their prompt is found.
import type { Page } from "playwright-core";
import type { Comparison } from "../../src/compare.ts";
import type { Maps } from "../../src/maps.ts";
import type { Extras } from "../../src/page/sheet.ts";
import type { Attribution } from "../../src/result.ts";
import { attributionOf } from "../report/tokens.ts";

export const layer = (site: string, scores: readonly number[]) => ({
  site,
  scores,
  explained: scores.reduce((a, b) => a + b, 0),
});

export const sample: Attribution = {
  ...attributionOf(["When", " Mary", " and", " John", "\n"], [-0.125, 4.2937461, 0.5, -2.75, 0.25]),
  layers: [
    layer("layers.0.resid_pre", [1, -7.25, 0, 0.5, 0, 0, 0]),
    layer("layers.1.resid_pre", [1, 2, 3, 4, 5, 0, 0]),
    layer("resid_final", [-0.125, 4.2937461, 0.5, -2.75, 0.25, 0, 0]),
  ],
};
export const contrast: Attribution = { ...sample, foils: [{ id: 9, text: " Rome", logit: 0.5, probability: 0.01 }] };

export const piece = (page: Page, name: string) => page.getByRole("option", { name: new RegExp(`^${name}`) });

const { parts: _, total: _t, seed: _s, layers: _l, states: _d, ...asked } = contrast;
const maps: Maps = {
  ...asked,
  heads: [
    [1, -2.5],
    [0.5, 3],
  ],
  attention: [-1.5, 3.5],
  mlp: [4, 5],
  all: { tokens: [], neurons: [[0.125, -7.5]] },
};
const byRule = (rule: string, scores: readonly number[]): Attribution => ({
  ...contrast,
  rule,
  parts: contrast.parts.map((p, i) => ({ ...p, score: scores[i] ?? 0 })),
});
const comparison: Comparison = {
  attributions: [contrast, byRule("max", [3, 2, -1, -3]), byRule("taylor", [-1, 5, -0.5, 2.5])],
  moved: [
    { rule: "max", distance: 0.5, order: 0.75 },
    { rule: "taylor", distance: 0.25, order: 1 },
  ],
};

/** The contrast with all that a page may show of an answer. */
export const whole: { readonly result: Attribution } & Extras = {
  result: {
    ...contrast,
    parts: contrast.parts.map((p, i) =>
      i < 2
        ? {
            ...p,
            promotes: [{ id: 1, text: ` up${i}`, score: 2.5 }],
            suppresses: [{ id: 3, text: " down", score: -3 }],
          }
        : p,
    ),
  },
  ...{ maps, comparison, command: "depass attribute" },
};
