// How a run goes on a processor: in which tiling, and whether its weights stay or come and go. Of the ways that a prompt's
// length and the limit allow the fastest is taken; numbers are the same in all of them, to rounding.
import { type Fault, type Sizes, symbolsOf, valueOf } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type Base, type Models, type Step, stepsFor } from "../plan/plan.ts";
import { type Layout, type Variant, variantFor } from "../plan/variant.ts";
import { tileSizes } from "../tiles/tiling.ts";
import type { Places } from "./arena.ts";
import { showSizes, tooBig, weightBytes } from "./budget.ts";
import { type Costs, comingIn, rehearse, type Streaming } from "./memory.ts";

type Result<A> = E.Either<readonly Fault[], A>;

export type Way = {
  readonly variant: Variant | undefined;
  /** Those of the tiles among them. */
  readonly sizes: Sizes;
  readonly steps: readonly Step[];
  /** Values that are the caller's: each has an array of its own. */
  readonly kept: ReadonlySet<string>;
  /** Where the others lie. */
  readonly places: Places;
  /** How weights come and go; absent where they stay. */
  readonly streams: Streaming | undefined;
  /** The weights that do; the others stay. */
  readonly coming: ReadonlySet<string>;
  /** The most bytes at once: weights and values. */
  readonly bytes: number;
  /** Of these, the most of weights. */
  readonly weights: number;
};

/** What ways are made of; models and steps are made once. */
export type Ways = {
  readonly base: Base;
  readonly costs: Costs;
  readonly models: Models;
  readonly steps: Map<string, readonly Step[]>;
  /** Those of the last sizes, by their choice: a graph of training has a thousand nodes, and they are counted once. */
  readonly last: { sizes: string; ways: Map<string, Way> };
};

export const newWays = (base: Base, costs: Costs): Ways => ({
  base,
  costs,
  models: new Map(),
  steps: new Map(),
  last: { sizes: "", ways: new Map() },
});

/**
 * Rows of parts from which weights come and go: with as many, a product takes so much longer than bringing its matrix (some
 * nanoseconds an element) that this costs a few hundredths of the time, and leaves the memory to others. A vocabulary's pieces
 * alone are a fifth of a small model; a run of fewer rows is long enough for them.
 */
const [MANY_ROWS, SOME_ROWS] = [2 ** 15, 2 ** 13];

/** How weights come and go where there is room for all; they stay where the sizes do not say how many tokens there are. */
export const usualStreaming = ({ layout, pieces }: Base, sizes: Sizes): Streaming | undefined => {
  if (layout === undefined || symbolsOf(layout.tokens).some((s) => !Object.hasOwn(sizes, s))) return undefined;
  const tokens = valueOf(layout.tokens, sizes);
  const rows = (tokens * (tokens + 1)) / 2;
  if (rows >= MANY_ROWS) return "once";
  return rows >= SOME_ROWS && pieces.size > 0 ? "pieces" : undefined;
};

/** The weights that are kept then. */
export const usuallyKept = (base: Base, sizes: Sizes): readonly string[] => {
  const coming = comingIn(base, usualStreaming(base, sizes));
  return base.weights.filter((name) => !coming.has(name));
};

type Choice = Pick<Way, "variant" | "streams">;

const variantsFor = (layout: Layout, sizes: Sizes, exact: boolean): readonly Variant[] => {
  const tokens = valueOf(layout.tokens, sizes);
  const [usual, apart] = [variantFor(layout, tokens, exact), variantFor({ ...layout, apart: 0 }, tokens, exact)];
  return usual.key === apart.key ? [usual] : [usual, apart];
};

/** The fastest first; those behind it take less memory, or hardly more. */
const choices = ({ base }: Ways, sizes: Sizes, { exact, kept }: Asked): readonly Choice[] => {
  const variants = base.layout === undefined ? [undefined] : variantsFor(base.layout, sizes, exact);
  const inPieces: readonly Streaming[] = base.pieces.size > 0 ? ["pieces"] : [];
  const all: readonly (Streaming | undefined)[] = [undefined, ...inPieces, "once", "again"];
  const usual = all.slice(kept ? 0 : all.indexOf(usualStreaming(base, sizes)));
  const apart = variants.slice(1).map((variant) => ({ variant, streams: "again" as const }));
  return [...usual.map((streams) => ({ variant: variants[0], streams })), ...apart];
};

const stepsOf = ({ base, models, steps }: Ways, variant: Variant | undefined): Result<readonly Step[]> => {
  const key = `${variant?.key}`;
  const found = steps.get(key);
  if (found !== undefined) return E.right(found);
  const made = stepsFor(base, variant, models);
  if (E.isRight(made)) steps.set(key, made.right);
  return made;
};

const madeWay = (ways: Ways, { variant, streams }: Choice, bound: Sizes): Result<Way> =>
  pipe(
    stepsOf(ways, variant),
    E.map((steps) => {
      const sizes = variant === undefined ? bound : tileSizes(variant.tiling, bound);
      const kept = new Set(Object.values(ways.base.outputs));
      const coming = comingIn(ways.base, streams);
      const comings = streams && { costs: ways.costs, streaming: streams, coming };
      const { places, bytes, weights } = rehearse(steps, kept, sizes, comings);
      const all = weightBytes(ways.costs, coming);
      return { variant, sizes, steps, kept, places, streams, coming, bytes: all + bytes, weights: all + weights };
    }),
  );

const wayOf = (ways: Ways, choice: Choice, sizes: Sizes): Result<Way> => {
  const { last } = ways;
  const [text, key] = [showSizes(sizes), `${choice.variant?.key} ${choice.streams}`];
  if (last.sizes !== text) [last.sizes, last.ways] = [text, new Map()];
  const found = last.ways.get(key);
  if (found !== undefined) return E.right(found);
  const made = madeWay(ways, choice, sizes);
  if (E.isRight(made)) last.ways.set(key, made.right);
  return made;
};

export type Asked = {
  /** Where lean shares are not to be trusted (variant.ts). */
  readonly exact: boolean;
  /** Whether all weights are there already. */
  readonly kept: boolean;
  /** Bytes that the run and its weights may take, and of how many. */
  readonly free: number;
  readonly budget: number;
};

/** Faults: a misshapen graph, no way that fits. */
export const wayFor = (ways: Ways, sizes: Sizes, asked: Asked): Result<Way> => {
  let least = Number.POSITIVE_INFINITY;
  for (const choice of choices(ways, sizes, asked)) {
    const way = wayOf(ways, choice, sizes);
    if (E.isLeft(way) || way.right.bytes <= asked.free) return way;
    least = Math.min(least, way.right.bytes);
  }
  return E.left([tooBig(`a run with ${showSizes(sizes)}`, least, asked.free, asked.budget)]);
};
