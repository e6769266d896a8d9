// What do the colours mean? The scale from its most opposing end to its most supporting one, with its numbers.
import { signed } from "../src/report/numbers.ts";
import { coloursOf } from "./colour.ts";

const STEPS = 13; // odd: zero has a step of its own

type LegendProps = { readonly largest: number; readonly decimals: number; readonly sized?: boolean };

const Sizes = ({ largest, decimals }: LegendProps) => (
  <p class="legend">
    <span>0</span>
    <span class="scale" aria-hidden="true">
      {Array.from({ length: STEPS }, (_, i) => (
        <i key={i} class="coloured" style={coloursOf(i / (STEPS - 1), true)} />
      ))}
    </span>
    <span>{largest.toFixed(decimals)}, supports or opposes</span>
  </p>
);

const Signs = ({ largest, decimals }: LegendProps) => (
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

export const Legend = (props: LegendProps) => (props.sized ? <Sizes {...props} /> : <Signs {...props} />);

type SizedProps = { readonly sized: boolean; readonly choose: (sized: boolean) => void };

/** Asks which of the two is wanted. */
export const SizedChoice = ({ sized, choose }: SizedProps) => (
  <label>
    <input type="checkbox" checked={sized} onChange={({ currentTarget }) => choose(currentTarget.checked)} /> sizes
    without signs
  </label>
);
