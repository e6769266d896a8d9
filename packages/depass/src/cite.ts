// Where in the prompt does a stretch of the answer come from? The scores of its tokens are added, and the prompt's tokens,
// words or sentences ranked by what they have together.
import { type Fault, fault } from "@depass/graph";
import type { Token } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { ExplainedToken, GeneratedExplanation } from "./explain-generated.ts";
import { foilText } from "./foil-text.ts";
import { sumOf } from "./sum.ts";

/** Text found in the answer (its first occurrence), or generated tokens counted from 0, `to` not included. */
export type Stretch = string | { readonly from: number; readonly to: number };

export type Unit = "token" | "word" | "sentence";

/** A stretch of the prompt. */
export type Source = {
  readonly text: string;
  /** Its characters in the prompt; of a token that the tokenizer put there, none. */
  readonly start: number;
  readonly end: number;
  /** Numbers of its tokens. */
  readonly tokens: readonly number[];
  readonly score: number;
};

export type Citation = {
  /** The answer's text that is explained, and its tokens' numbers among all. */
  readonly text: string;
  readonly positions: readonly number[];
  /** Texts of what its tokens are told apart from, behind one another; where they are. */
  readonly foil?: string;
  /** Largest score first. */
  readonly sources: readonly Source[];
  /** What the answer's own tokens supplied, and what no token did; with the sources they sum to the total. */
  readonly answer: number;
  readonly bias: number;
  readonly remainder: number;
  /** Sum of the parts of the logits, or of what these are above the foils'. */
  readonly total: number;
};

type Result<A> = E.Either<readonly Fault[], A>;

const tokensIn = (
  { encoding, promptTokens, tokens }: GeneratedExplanation,
  span: Stretch,
): Result<readonly ExplainedToken[]> => {
  if (typeof span !== "string") {
    const found = tokens.slice(span.from, span.to);
    const isRange = span.from >= 0 && span.to <= tokens.length && found.length > 0;
    return isRange
      ? E.right(found)
      : E.left([fault("cite", "span", `tokens from 0 to ${tokens.length}`, `${span.from} to ${span.to}`)]);
  }
  const begin = encoding.tokens[promptTokens]?.start ?? encoding.text.length;
  const start = span === "" ? -1 : encoding.text.indexOf(span, begin);
  if (start < 0) return E.left([fault("cite", "text", "text of the answer", JSON.stringify(span))]);
  const touches = ({ position }: ExplainedToken): boolean => {
    const token = encoding.tokens[position] as Token;
    return token.start < start + span.length && token.end > start;
  };
  return E.right(tokens.filter(touches));
};

type Segment = { readonly start: number; readonly end: number };

/** The pieces of a text, in order, without gaps. */
const segmentsOf = (text: string, by: "word" | "sentence"): readonly Segment[] =>
  [...new Intl.Segmenter("und", { granularity: by }).segment(text)].map(({ index, segment }) => ({
    start: index,
    end: index + segment.length,
  }));

/** A space in front belongs to what follows it. */
const placeOf = ({ start, end }: Token, text: string): number => {
  const space = /^\s*/.exec(text.slice(start, end))?.[0].length ?? 0;
  return start + space < end ? start + space : start;
};

export type Group = Segment & { readonly text: string; readonly tokens: readonly number[] };

const byToken = ({ text, start, end }: Token, i: number): Group => ({ text, start, end, tokens: [i] });

const grouped = (tokens: readonly Token[], text: string, by: Unit): readonly Group[] => {
  if (by === "token") return tokens.map(byToken);
  const segments = segmentsOf(text, by);
  const inText = segments.map(({ start, end }): Group => {
    const own = tokens.flatMap((t, i) => {
      const place = placeOf(t, text);
      return t.end > t.start && place >= start && place < end ? [i] : [];
    });
    return { text: text.slice(start, end), start, end, tokens: own };
  });
  const alone = tokens.flatMap((t, i) => (t.end > t.start ? [] : [byToken(t, i)]));
  return [...alone, ...inText.filter((g) => g.tokens.length > 0)];
};

/** The prompt's tokens, words or sentences, with the tokens that the tokenizer put there on their own. */
export const groupsOf = (
  { encoding, promptTokens }: Pick<GeneratedExplanation, "encoding" | "promptTokens">,
  by: Unit,
): readonly Group[] => {
  const end = encoding.tokens[promptTokens]?.start ?? encoding.text.length;
  return grouped(encoding.tokens.slice(0, promptTokens), encoding.text.slice(0, end), by);
};

/** The answer's words or sentences, each as its new tokens from the first to the last, which is not included. */
export const answerSpans = (
  { encoding, promptTokens }: Pick<GeneratedExplanation, "encoding" | "promptTokens">,
  by: Exclude<Unit, "token">,
): readonly (readonly [from: number, to: number])[] =>
  grouped(encoding.tokens.slice(promptTokens), encoding.text, by).map(({ tokens }) => [
    Math.min(...tokens),
    Math.max(...tokens) + 1,
  ]);

const cited = (explanation: GeneratedExplanation, span: readonly ExplainedToken[], by: Unit): Citation => {
  const { encoding, promptTokens } = explanation;
  const scoreOf = (token: number): number => sumOf(span.map(({ scores }) => scores[token] ?? 0));
  const sources = groupsOf(explanation, by)
    .map((group): Source => ({ ...group, score: sumOf(group.tokens.map(scoreOf)) }))
    .sort((a, b) => b.score - a.score);
  const [first, last] = [span[0], span.at(-1)].map((t) => encoding.tokens[t?.position ?? 0] as Token) as [Token, Token];
  return {
    text: encoding.text.slice(first.start, last.end),
    positions: span.map((t) => t.position),
    ...(span.some((t) => t.foils !== undefined) && { foil: foilText(span.map((t) => t.foils ?? [])) }),
    sources,
    answer: sumOf(span.flatMap(({ scores }) => [...scores.subarray(promptTokens)])),
    bias: sumOf(span.map((t) => t.bias)),
    remainder: sumOf(span.map((t) => t.remainder)),
    total: sumOf(span.map((t) => t.total)),
  };
};

/** Faults (tag `cite`): a text that is not in the answer, tokens that are not there, parts that are no tokens. */
export const cite = (explanation: GeneratedExplanation, span: Stretch, by: Unit = "word"): Result<Citation> =>
  explanation.byToken
    ? pipe(
        tokensIn(explanation, span),
        E.map((found) => cited(explanation, found, by)),
      )
    : E.left([fault("cite", "explanation", "one whose parts are the tokens", explanation.seed)]);
