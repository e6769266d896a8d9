// How true are a method's scores? For each prompt: whether the highest is the deciding word's, and how its order agrees with
// that of the effects; then means by kind of prompt, and over all with an interval.
import type { Kind } from "../prompts.ts";
import { randomOf } from "../random.ts";
import type { Effects } from "./effects.ts";
import type { Scores } from "./methods.ts";
import { type Aim, aims, type Question } from "./questions.ts";
import { intervalOf, isTop, mean, spearman } from "./statistics.ts";

const kinds: readonly Kind[] = ["fact", "ioi", "copy"];

/** A figure's mean over the prompts of each kind and over all, with the interval of the latter. */
export type Summary = Readonly<Partial<Record<Kind, number>>> & {
  readonly all: number;
  readonly interval: readonly [number, number];
};

/** Figures by their names, `logit.top`; a method has each of them. */
export type Row<A> = Readonly<Record<string, A>>;

const forAims = (figure: (aim: number, name: Aim) => Row<number>): Row<number> =>
  Object.assign({}, ...aims.map((name, aim) => figure(aim, name)));

const magnitudes = (values: readonly number[]): readonly number[] => values.map(Math.abs);

export const wordFigures = ({ prompt }: Question, { words }: Effects, scores: Scores): Row<number> =>
  forAims((aim, name) => {
    const [found, effects] = [scores[aim] ?? [], words[aim] ?? []];
    return {
      [`${name}.top`]: isTop(found, prompt.deciding),
      [`${name}.last`]: isTop(found, prompt.words.length - 1),
      [`${name}.rank`]: spearman(found, effects),
      [`${name}.size`]: spearman(magnitudes(found), magnitudes(effects)),
    };
  });

export const headFigures = (_: Question, { heads, headsToZero }: Effects, scores: Scores): Row<number> =>
  forAims((aim, name) => {
    const found = scores[aim] ?? [];
    return {
      [`${name}.rank`]: spearman(found, heads[aim] ?? []),
      [`${name}.size`]: spearman(magnitudes(found), magnitudes(heads[aim] ?? [])),
      [`${name}.zero`]: spearman(found, headsToZero[aim] ?? []),
    };
  });

/** The same resamples for every figure: rows are compared on the same prompts. */
export const summaries = (questions: readonly Question[], rows: readonly Row<number>[], seed: number): Row<Summary> => {
  const names = Object.keys(rows[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const values = rows.map((row) => row[name] as number);
      const byKind = kinds.map(
        (kind) => [kind, mean(values.filter((_, i) => questions[i]?.prompt.kind === kind))] as const,
      );
      return [name, { ...Object.fromEntries(byKind), all: mean(values), interval: intervalOf(values, randomOf(seed)) }];
    }),
  );
};
