// What is to be said of what somebody points at? A part, the parts of one character, or a part at a layer.
import { decimalsFor, signed } from "../report/numbers.ts";
import { tokensOfPart } from "../report/pieces.ts";
import { shareOf, sizeOf } from "../report/table.ts";
import { visible } from "../report/visible.ts";
import type { AttributionJson, LayerScores, PartScore } from "../result.ts";
import { type Modules, moduleRows } from "./modules.ts";
import type { Rules } from "./rules.ts";

/** Numbers of parts, and of one of the result's layers; or a module, by its row and column: neurons are the last row. */
export type Selection = {
  readonly parts: readonly number[];
  readonly layer?: number;
  /** One of the rules compared. */
  readonly rule?: number;
  readonly module?: readonly [row: number, column: number];
};

/** What can be pointed at. */
export type Shown = { readonly result: AttributionJson; readonly modules?: Modules; readonly rules?: Rules };

export type Told = {
  readonly name: string;
  /** As in the data: nothing rounded. */
  readonly score: number;
  readonly share: string;
  /** Token numbers, ids, characters, norm, layer: whichever there are. */
  readonly facts: readonly string[];
  /** Tokens whose logits it raises and lowers most, where the result tells. */
  readonly words?: Pick<PartScore, "promotes" | "suppresses">;
};

/** `layers.3.resid_pre` is what enters layer 3; behind all layers is the end. */
export const layerName = (site: string): string => /^layers\.(\d+)\.resid_pre$/.exec(site)?.[1] ?? "end";

const several = (word: string, numbers: readonly number[]): string =>
  `${word}${numbers.length > 1 ? "s" : ""} ${
    numbers.length > 6 ? `${numbers.slice(0, 5).join(", ")} … ${numbers.at(-1)}` : numbers.join(", ")
  }`;

/** The tokens with characters of their own. */
const rangeOf = ({ tokens }: AttributionJson, own: readonly number[]): string | undefined => {
  const inText = own.flatMap((t) => tokens[t] ?? []).filter((t) => t.origin === "text");
  if (inText.length === 0) return own.length === 0 ? undefined : "put there by the tokenizer";
  return `characters ${Math.min(...inText.map((t) => t.start))} to ${Math.max(...inText.map((t) => t.end))}`;
};

/** A part's name; a piece of a character is told with the character. */
export const nameOf = (result: AttributionJson, part: number): string => {
  const { name, token } = result.parts[part] as PartScore;
  const found = token === undefined ? undefined : result.tokens[token];
  return found === undefined || found.whole
    ? visible(name)
    : `${visible(name)} of ${visible(result.prompt.slice(found.start, found.end))}`;
};

/** Names, with the token's number behind those that several parts have. */
export const labeller = (result: AttributionJson): ((part: number) => string) => {
  const names = result.parts.map((_, part) => nameOf(result, part));
  const seen = new Set<string>();
  const twice = new Set(names.filter((name) => seen.size === seen.add(name).size));
  return (part) => {
    const name = names[part] ?? "";
    return twice.has(name) ? `${name} #${tokensOfPart(result.parts[part] as PartScore)[0] ?? part}` : name;
  };
};

const suffixes: Readonly<Record<string, string>> = { one: "st", two: "nd", few: "rd", other: "th" };
const ordinals = new Intl.PluralRules("en", { type: "ordinal" });

/** Names as one says them: without the space in front, and the second of two as `2nd John`. */
export const speller = (result: AttributionJson): ((part: number) => string) => {
  const names = result.parts.map(({ name }, part) => {
    const shown = nameOf(result, part);
    return /^ \S/u.test(name) && shown.startsWith("·") ? shown.slice(1) : shown;
  });
  return (part) => {
    const name = names[part] ?? "";
    const place = names.slice(0, part + 1).filter((n) => n === name).length;
    return place === names.filter((n) => n === name).length && place === 1
      ? name
      : `${place}${suffixes[ordinals.select(place)]} ${name}`;
  };
};

const sumAt = (parts: readonly number[], scoreOf: (part: number) => number | undefined): number =>
  parts.reduce((sum, part) => sum + (scoreOf(part) ?? 0), 0);

/** Token numbers, ids and characters of parts. */
const placeOf = (result: AttributionJson, parts: readonly number[]): readonly string[] => {
  const own = parts.flatMap((i) => tokensOfPart(result.parts[i] as PartScore));
  const ids = own.flatMap((t) => result.tokens[t]?.id ?? []);
  const range = rangeOf(result, own);
  return [
    ...(own.length === 0 ? [] : [several("token", own), several("id", ids)]),
    ...(range === undefined ? [] : [range]),
  ];
};

const toldModule = (modules: Modules, [row, column]: readonly [number, number]): Told => {
  const found = [...moduleRows(modules), modules.neurons?.strongest ?? []][row]?.[column];
  const { name, score } = found ?? { name: "", score: 0 };
  return { name, score, share: shareOf(score, modules.explained, Math.abs(score)), facts: [] };
};

const toldPart = (result: AttributionJson, { parts }: Selection, size: number): Told => {
  const score = sumAt(parts, (i) => result.parts[i]?.score);
  const only = parts.length === 1 ? result.parts[parts[0] as number] : undefined;
  const { norm, promotes, suppresses } = only ?? {};
  return {
    name: parts.map((i) => nameOf(result, i)).join(" + "),
    score,
    share: shareOf(score, result.total, size),
    facts: [...placeOf(result, parts), ...(norm === undefined ? [] : [`norm ${norm.toPrecision(4)}`])],
    ...(promotes === undefined && suppresses === undefined
      ? {}
      : { words: { promotes: promotes ?? [], suppresses: suppresses ?? [] } }),
  };
};

const toldAt = (
  result: AttributionJson,
  { parts }: Selection,
  { site, scores, explained }: LayerScores,
  size: number,
): Told => {
  const score = sumAt(parts, (i) => scores[i]);
  const layer = layerName(site);
  return {
    name: parts.map((i) => nameOf(result, i)).join(" + "),
    score,
    share: shareOf(score, explained, size),
    facts: [layer === "end" ? "behind all layers" : `entering layer ${layer}`, ...placeOf(result, parts)],
  };
};

const toldBy = (result: AttributionJson, { parts }: Selection, rules: Rules, rule: number): Told => {
  const scores = rules.scores[rule] ?? [];
  const score = sumAt(parts, (i) => scores[i]);
  return {
    name: parts.map((i) => nameOf(result, i)).join(" + "),
    score,
    share: shareOf(score, rules.totals[rule] ?? 0, sizeOf(scores)),
    facts: [`by the rule ${rules.names[rule]}`, ...placeOf(result, parts)],
  };
};

/** Tells of anything that is shown. What all of it is measured by is summed once: there may be ten thousand parts. */
export const teller = ({ result, modules, rules }: Shown): ((selection: Selection) => Told) => {
  const size = sizeOf(result.parts.map((p) => p.score));
  const layers = (result.layers ?? []).map((at) => ({ at, size: sizeOf(at.scores) }));
  return (selection) => {
    const { layer, module, rule } = selection;
    if (module !== undefined && modules !== undefined) return toldModule(modules, module);
    if (rule !== undefined && rules !== undefined) return toldBy(result, selection, rules, rule);
    const found = layer === undefined ? undefined : layers[layer];
    return found === undefined ? toldPart(result, selection, size) : toldAt(result, selection, found.at, found.size);
  };
};

/** Decimals for the scores of a result. */
export const decimalsOf = ({ parts }: AttributionJson): number =>
  decimalsFor(parts.reduce((m, p) => Math.max(m, Math.abs(p.score)), 0));

/** The same for somebody who listens. */
export const sentence = ({ name, score, share, facts }: Told, decimals: number): string =>
  [name, `score ${signed(score, decimals)}`, ...(share === "–" ? [] : [`share ${share}`]), ...facts].join(", ");
