// Two answers as the tests of the page need them, and how a piece of their prompt is found.
import type { Page } from "playwright-core";
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
