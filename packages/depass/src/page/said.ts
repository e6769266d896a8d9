// What is an answer in a sentence? What was asked, what the scores share out, and how sure one may be, in words that need no
// manual.
import { percent, signed } from "../report/numbers.ts";
import { readable } from "../report/visible.ts";
import { type AttributionJson, isComponent, type Target } from "../result.ts";
import { leader, type Rules, type Spread, spreadOf } from "./rules.ts";

/** Characters of a quoted text: of more, the two ends. */
const MOST = 80;

/** A token's or a stretch's text as it stands in a sentence. */
export const quotable = (text: string): string => {
  const characters = [...(text.trim() || text)];
  const half = MOST / 2;
  return characters.length <= MOST
    ? readable(characters.join(""))
    : `${readable(characters.slice(0, half).join(""))} … ${readable(characters.slice(-half).join(""))}`;
};

const inQuotes = (text: string): string => `“${quotable(text)}”`;

/** Below this share percents would all read the same. */
const RARE = 1e-4;

/** A probability that is never said to be nothing. */
export const chance = (p: number): string => (p === 0 || p >= RARE ? percent(p, 2) : p.toExponential(1));

const aboveWhat = ([first, ...more]: readonly Target[]): string =>
  more.length > 0 ? "the mean of the foils'" : `that of ${inQuotes(first?.text ?? "")}`;

type Asked = Pick<AttributionJson, "target" | "foils" | "to" | "direction" | "explained">;

/** What the scores sum to. */
const goalOf = ({ target, foils, to, direction }: Asked, stretch: number): string => {
  if (direction) return isComponent(to) ? `what ${to} adds along the direction` : "the state along the direction";
  if (stretch > 1)
    return foils === undefined
      ? `the sum of the logits of its ${stretch} tokens`
      : `the sum of what the logits of its ${stretch} tokens are above their foils'`;
  const above = foils === undefined ? "" : ` above ${aboveWhat(foils)}`;
  const bent = target.explained === undefined ? "" : ` before the softcap of ${target.explained.softcap}`;
  const logit = `the logit of ${inQuotes(target.text)}${above}${bent}`;
  return isComponent(to) ? `what ${to} adds to ${logit}` : logit;
};

/** What the model says, and what of it is shared out. */
export const question = (asked: Asked, stretch = 1): string => {
  const chances = [asked.target, ...(asked.foils ?? [])].map(
    ({ text, probability }) => `${inQuotes(text)} ${chance(probability)}`,
  );
  const all = chances.length > 1 ? `${chances.slice(0, -1).join(", ")} and ${chances.at(-1)}` : chances[0];
  return `The model gives ${all}. Each score is what a part supplied to ${goalOf(asked, stretch)}: ${asked.explained.toFixed(4)}.`;
};

/** How far the parts are from the whole. */
export const gapSaid = ({ parts, gap }: Pick<AttributionJson, "parts" | "gap">): string =>
  `${parts.length > 0 ? "The scores sum to it" : "In each layer all scores sum to it"}, but for ${gap.toExponential(1)} of it (the gap).`;

const range = (values: readonly number[]): string => {
  const [least, most] = [percent(Math.min(...values), 0), percent(Math.max(...values), 0)];
  return least === most ? least : `${least} to ${most}`;
};

/** What of it hangs on the rule that was chosen. */
export const sureness = (
  rule: string,
  rules: Rules | undefined,
  nameOf: (part: number) => string,
): readonly string[] => {
  if (rules === undefined || rules.moved.length === 0)
    return [
      `By one rule of sharing out what MLPs add, ${rule}; how much hangs on it was not tried (--compare tries it).`,
    ];
  const { part, agreeing } = leader(rules);
  const count = rules.names.length;
  return [
    `“${nameOf(part)}” supplies most under ${agreeing === count ? `all ${count}` : `${agreeing} of ${count}`} rules of sharing out what MLPs add.`,
    "In brackets: a score's least and most under them, bold where even its sign hangs on the rule.",
    `Beside ${rules.names[0]}, the others move the scores by ${range(rules.moved.map((m) => m.distance))} and keep ${range(
      rules.moved.map((m) => m.order),
    )} of the pairs of parts in their order.`,
  ];
};

export type Bracket = Spread & { readonly text: string };

/** A score's least and most under the rules compared. */
export const bracketOf = (rules: Rules, part: number, decimals: number): Bracket => {
  const spread = spreadOf(rules, part);
  return { ...spread, text: `(${signed(spread.least, decimals)} to ${signed(spread.most, decimals)})` };
};

/** `L23H3` as one says it. */
export const spelled = (module: string): string =>
  module.replace(/^L(\d+)(?:H(\d+))?/, (_, layer: string, head?: string) =>
    head === undefined ? `layer ${layer}` : `layer ${layer} head ${head}`,
  );
