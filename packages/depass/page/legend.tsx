// What do the colours mean? The scale from its most opposing end to its most supporting one, with its numbers.
import { signed } from "../src/report/numbers.ts";
import { coloursOf } from "./colour.ts";

const STEPS = 13; // odd: zero has a step of its own

export const Legend = ({ largest, decimals }: { readonly largest: number; readonly decimals: number }) => (
  <p class="legend">
    <span>opposes {signed(-largest, decimals)}</span>
    <span class="scale" aria-hidden="true">
      {Array.from({ length: STEPS }, (_, i) => (
        <i key={i} class="coloured" style={coloursOf((2 * i) / (STEPS - 1) - 1)} />
      ))}
    </span>
    <span>{signed(largest, decimals)} supports</span>
  </p>
);
