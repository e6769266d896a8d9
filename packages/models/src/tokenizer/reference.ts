// Where does the JavaScript library cut words other than the reference implementation (in Rust)? At these settings,
// which are rewritten here into ones that both read alike, before the library sees them. tokenizer.json's pre_tokenizer
// goes in and comes out; what cannot be said in the library's terms is reported.
// Source: github.com/huggingface/tokenizers, pre_tokenizers/*.rs; the goldens' digit splitter and U+2163 are one case.
import { isRecord } from "../describe.ts";

type Setting = Readonly<Record<string, unknown>>;

const regexSplit = (regex: string, behavior = "Isolated"): Setting => ({
  type: "Split",
  pattern: { Regex: regex },
  behavior,
  invert: false,
});

/** A numeral is any of Unicode's (Ⅳ, ², ٣), to the library only a decimal digit. */
const digits = (setting: Setting): Setting => regexSplit(setting.individual_digits === true ? "\\p{N}" : "\\p{N}+");

/** Each sign on its own unless told otherwise; the library joins runs of them and knows no behaviour. */
const punctuation = (setting: Setting): Setting =>
  split(regexSplit("[\\p{P}!-/:-@\\[-`{-~]", typeof setting.behavior === "string" ? setting.behavior : "Isolated"));

/** Words of any script, to the library only of ASCII. */
const whitespace = (): Setting => ({ ...regexSplit("\\w+|[^\\w\\s]+", "Removed"), invert: true });

const escapeRegex = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");

const sourceOf = (pattern: unknown): string | undefined => {
  if (!isRecord(pattern)) return undefined;
  if (typeof pattern.Regex === "string") return pattern.Regex;
  return typeof pattern.String === "string" ? escapeRegex(pattern.String) : undefined;
};

/** A match joined to its neighbour, as one pattern; the library only isolates or removes. */
const JOINED: Readonly<Record<string, (source: string) => string>> = {
  MergedWithPrevious: (source) => `(?:(?!${source})[\\s\\S])*?(?:${source})`,
  MergedWithNext: (source) => `(?:${source})(?:(?!${source})[\\s\\S])*`,
  Contiguous: (source) => `(?:${source})+`,
};

const split = (setting: Setting): Setting => {
  const source = sourceOf(setting.pattern);
  const join = JOINED[String(setting.behavior)];
  // Inverted or not, isolated pieces are the same ones.
  if (setting.behavior === "Isolated") return { ...setting, invert: false };
  // The library keeps what a group of the pattern matched, and makes a group of a plain text.
  if (setting.behavior === "Removed" && source !== undefined) return { ...setting, pattern: { Regex: source } };
  return source !== undefined && join !== undefined && setting.invert !== true ? regexSplit(join(source)) : setting;
};

/** Words begin at the space sign; the library leaves the text whole. */
const metaspace = (setting: Setting): Setting => {
  const sign = typeof setting.replacement === "string" ? setting.replacement : "▁";
  const scheme = setting.prepend_scheme ?? (setting.add_prefix_space === false ? "never" : "always");
  const placed = { ...setting, prepend_scheme: scheme };
  return setting.split === false
    ? placed
    : { type: "Sequence", pretokenizers: [placed, regexSplit(`${escapeRegex(sign)}[^${escapeRegex(sign)}]*`)] };
};

const sequence = (setting: Setting): Setting => ({
  ...setting,
  pretokenizers: Array.isArray(setting.pretokenizers) ? setting.pretokenizers.map(asReference) : [],
});

const REWRITES: Readonly<Record<string, (setting: Setting) => Setting>> = {
  Digits: digits,
  Punctuation: punctuation,
  Whitespace: whitespace,
  Split: split,
  Metaspace: metaspace,
  Sequence: sequence,
};

/** A pre-tokenizer that cuts in the library as `setting` does in the reference implementation. */
export const asReference = (setting: unknown): unknown => {
  if (!isRecord(setting) || !Object.hasOwn(REWRITES, String(setting.type))) return setting;
  return REWRITES[String(setting.type)]?.(setting) ?? setting;
};

const GROUP = /(?:^|[^\\])\((?!\?)/;

/** What the library would do otherwise and cannot be rewritten: names for a fault. */
export const unsupported = (setting: unknown): readonly string[] => {
  if (!isRecord(setting)) return [];
  if (Array.isArray(setting.pretokenizers)) return setting.pretokenizers.flatMap(unsupported);
  if (setting.type !== "Split") return [];
  const removed = setting.behavior === "Removed";
  if (setting.invert === true) return removed ? [] : [`Split, inverted, ${String(setting.behavior)}`];
  return removed && GROUP.test(sourceOf(setting.pattern) ?? "") ? ["Split, Removed, with a group in its pattern"] : [];
};

/** Whether any part of a (pre-)tokenizer setting, however nested, is of `type`; the first such part. */
export const partOfType = (setting: unknown, type: string): Setting | undefined => {
  if (!isRecord(setting)) return undefined;
  if (setting.type === type) return setting;
  const inner = [setting.pretokenizers, setting.processors].find(Array.isArray) ?? [];
  return inner.map((part) => partOfType(part, type)).find((found) => found !== undefined);
};
