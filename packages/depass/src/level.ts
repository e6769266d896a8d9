// A seed with what a prompt makes of it: the names of its parts, the tokens each stands for, and what a run is given for it.
import { type Fault, fault, type Seed, type Tensors } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type { AllScores } from "./adjoint.ts";
import type { EncodedPrompt } from "./prompt.ts";

export type Part = {
  readonly name: string;
  /** Numbers of the prompt's tokens that it began at, where it began at tokens. */
  readonly tokens?: readonly number[];
};

/** Named parts in order, and inputs of the seed. */
export type PromptParts = { readonly parts: readonly Part[]; readonly inputs?: Tensors };

export type Level = {
  readonly seed: Seed;
  /** For seeds whose parts depend on the prompt. */
  readonly partsOf?: (encoding: EncodedPrompt) => E.Either<readonly Fault[], PromptParts>;
  /** Scores of the named parts from those of one pass backwards, for levels that it covers. */
  readonly scoresFrom?: ScoresFrom;
};

export type ScoresFrom = (all: AllScores, parts: readonly Part[]) => readonly number[];

/** A seed that one pass backwards scores, too. */
export type ScoredSeed = Seed & { readonly scoresFrom: ScoresFrom };

/** A level whose parts the scores of one pass backwards choose. */
export type RankedLevel = {
  /** One with other parts that begins at the same places. */
  readonly like: ScoredSeed;
  /** Numbers of what becomes a part, the first of them first. */
  readonly rank: (all: AllScores) => readonly number[];
  readonly level: (chosen: readonly number[]) => E.Either<readonly Fault[], ScoredSeed>;
};

export const isRanked = (x: Seed | Level | RankedLevel): x is RankedLevel => "rank" in x;

export const levelOf = (x: Seed | ScoredSeed | Level): Level => {
  if ("seed" in x) return x;
  return "scoresFrom" in x ? { seed: x, scoresFrom: x.scoresFrom } : { seed: x };
};

/** Faults: a seed whose parts nobody named and counted. */
export const partsIn = ({ seed, partsOf }: Level, encoding: EncodedPrompt): E.Either<readonly Fault[], PromptParts> => {
  if (partsOf !== undefined) return partsOf(encoding);
  const { named, partNames, tokenLevel, name } = seed;
  if (tokenLevel) return E.right({ parts: encoding.tokens.map((t, i) => ({ name: t.text, tokens: [i] })) });
  if (partNames !== undefined) return E.right({ parts: partNames.map((part) => ({ name: part })) });
  return typeof named === "number"
    ? E.right({ parts: Array.from({ length: named }, (_, m) => ({ name: `part ${m}` })) })
    : E.left([fault("seed", `seed ${name}`, "names of its parts", "a number of them that a run decides")]);
};
