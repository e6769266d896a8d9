// Parts that are groups of tokens: words, sentences, or ranges that a user gives. A span's part begins as the sum of its
// tokens' states, so that a run costs as much as there are spans. Tokens in no span are a last one, `elsewhere`.
import { type Dim, dim, type Fault, f32, fault, input, spanSeed } from "@depass/graph";
import { type Encoding, site, type Token } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Level } from "./level.ts";
import type { EncodedPrompt } from "./prompt.ts";

/** Some tokens under a name; `tokens` are their numbers in the prompt. */
export type Span = { readonly name: string; readonly tokens: readonly number[] };

/** How a prompt is cut. Ranges are characters of the prompt: UTF-16 code units, `start` to before `end`. */
export type Cut =
  | "words"
  | "sentences"
  | "tokens"
  | readonly { readonly name?: string; readonly start: number; readonly end: number }[];

type Range = { readonly name?: string; readonly start: number; readonly end: number };

const segments = (text: string, granularity: "word" | "sentence"): readonly Range[] =>
  [...new Intl.Segmenter(undefined, { granularity }).segment(text)].map(({ segment, index }) => ({
    start: index,
    end: index + segment.length,
  }));

/** Words with the spaces and marks before them, as tokens have them. */
const words = (text: string): readonly Range[] => {
  const found = [...new Intl.Segmenter(undefined, { granularity: "word" }).segment(text)];
  const ends = found.flatMap(({ segment, index, isWordLike }) => (isWordLike ? [index + segment.length] : []));
  return ends.map((end, i) => ({ start: ends[i - 1] ?? 0, end: i === ends.length - 1 ? text.length : end }));
};

const rangesOf = (text: string, cut: Exclude<Cut, "tokens">): readonly Range[] => {
  if (cut === "words") return words(text);
  return cut === "sentences" ? segments(text, "sentence") : cut;
};

/** The range that holds the larger part of a token; the first of equals. */
const holderOf = ({ start, end, origin }: Token, ranges: readonly Range[]): number => {
  if (origin !== "text") return -1;
  const shared = ranges.map((r) => Math.min(end, r.end) - Math.max(start, r.start));
  const most = Math.max(...shared);
  return most > 0 ? shared.indexOf(most) : -1;
};

/** A prompt cut into spans that hold each token once. Faults: ranges outside the prompt, empty, or over each other. */
export const spansOf = ({ text, tokens }: Encoding, cut: Cut): E.Either<readonly Fault[], readonly Span[]> => {
  if (cut === "tokens") return E.right(tokens.map((t, i) => ({ name: t.text, tokens: [i] })));
  const ranges = rangesOf(text, cut);
  return pipe(
    checkRanges(text, ranges),
    E.map(() => {
      const holders = tokens.map((t) => holderOf(t, ranges));
      const held = (r: number): readonly number[] => holders.flatMap((h, i) => (h === r ? [i] : []));
      const spans = ranges.map((r, i): Span => ({ name: r.name ?? text.slice(r.start, r.end), tokens: held(i) }));
      const put = tokens.flatMap((t, i) => (t.origin === "text" ? [] : [{ name: t.text, tokens: [i] }]));
      const left = held(-1).filter((i) => tokens[i]?.origin === "text");
      const elsewhere = left.length > 0 ? [{ name: "elsewhere", tokens: left }] : [];
      const all = [...spans.filter((s) => s.tokens.length > 0), ...put];
      return [...all.sort((a, b) => (a.tokens[0] as number) - (b.tokens[0] as number)), ...elsewhere];
    }),
  );
};

const checkRanges = (text: string, ranges: readonly Range[]): E.Either<readonly Fault[], void> => {
  const isIn = ({ start, end }: Range): boolean =>
    Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= text.length;
  const wrong = ranges.find((r) => !isIn(r));
  const show = ({ start, end }: Range): string => `${start} to ${end}`;
  if (ranges.length === 0) return E.left([fault("seed", "spans", "at least one range", "none")]);
  if (wrong !== undefined)
    return E.left([fault("seed", "spans", `ranges of characters within 0 to ${text.length}`, show(wrong))]);
  const sorted = [...ranges].sort((a, b) => a.start - b.start);
  const over = sorted.find((r, i) => r.start < (sorted[i - 1]?.end ?? 0));
  return over === undefined
    ? E.right(undefined)
    : E.left([fault("seed", "spans", "ranges that share no character", `${show(over)} and one before it`)]);
};

/** What some of a word's tokens are called: their characters, each once. */
const textOf = ({ text, tokens }: Encoding, own: readonly number[]): string =>
  own
    .map((i) => tokens[i] as Token)
    .map(({ start, end }, i, all) => text.slice(Math.max(start, all[i - 1]?.end ?? 0), end))
    .join("");

/** One span cut finer, the others as they are: from sentences to words to tokens. Faults: no such span. */
export const drillDown = (
  encoding: Encoding,
  spans: readonly Span[],
  span: number,
  cut: "words" | "tokens",
): E.Either<readonly Fault[], readonly Span[]> =>
  pipe(
    spans[span],
    E.fromNullable([fault("seed", "span", `a number from 0 to ${spans.length - 1}`, `${span}`)]),
    E.chain(({ tokens }) =>
      pipe(
        spansOf(encoding, cut),
        E.map((fine) => {
          const inside = fine.flatMap((s) => {
            const own = s.tokens.filter((t) => tokens.includes(t));
            if (own.length === 0) return [];
            return [{ name: own.length === s.tokens.length ? s.name : textOf(encoding, own), tokens: own }];
          });
          return [...spans.slice(0, span), ...inside, ...spans.slice(span + 1)];
        }),
      ),
    ),
  );

const N: Dim = dim("N");

/** Each span is a part, as its tokens' states enter a layer. `cut` says how, or is a function of the encoded prompt. */
export const spanLevel = (
  cut: Cut | ((encoding: EncodedPrompt) => E.Either<readonly Fault[], readonly Span[]>),
  layer = 0,
): Level => ({
  seed: spanSeed(site.residPre(layer), input("spans", [N, "T"]), N),
  scoresFrom: (all, parts) =>
    parts.map(({ tokens = [] }) => tokens.reduce((sum, t) => sum + (all.tokens[layer]?.[t] as number), 0)),
  partsOf: (encoding) =>
    pipe(
      typeof cut === "function" ? cut(encoding) : spansOf(encoding, cut),
      E.map((spans) => {
        const T = encoding.tokens.length;
        const mask = spans.flatMap(({ tokens }) => Array.from({ length: T }, (_, t) => (tokens.includes(t) ? 1 : 0)));
        return {
          parts: spans.map(({ name, tokens }) => ({ name, tokens })),
          inputs: { spans: f32([spans.length, T], mask) },
        };
      }),
    ),
});
