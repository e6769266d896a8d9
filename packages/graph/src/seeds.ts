// Seeds: what the parts are at the beginning (method.md, "Seeds"), written as a user would write theirs. The levels of a
// model, which need the names of its sites, are built of these.
import { type DimLike, dim } from "./dim.ts";
import { type Expr, node } from "./expr.ts";
import type { Seed, SeedPlace } from "./parts.ts";
import { concat, constant, equal, iota, matmul, mul, reshape, sub, sum, transpose } from "./syntax.ts";

/** Part i is the state of token i, zero at the other tokens. */
export const tokenSeed = (site: string, tokens: DimLike = "T"): Seed => ({
  name: `token from ${site}`,
  site,
  named: dim(tokens),
  tokenLevel: true,
  parts: (whole) => node("tokenParts", { extras: 0 }, whole),
  complete: (whole, extras) => node("tokenParts", { extras }, whole),
});

/** Parts `[N, T, D]` of one's own: an expression, or a function of the state. What they lack of it is the remainder. */
export const partsSeed = (name: string, site: string, named: DimLike, parts: Expr | ((whole: Expr) => Expr)): Seed => ({
  name,
  site,
  named: dim(named),
  tokenLevel: false,
  parts: typeof parts === "function" ? parts : () => parts,
});

/** Each part is the states of some tokens: `spans` `[N, T]` has 1 where a token is in a span, else 0. */
export const spanSeed = (site: string, spans: Expr, named: DimLike, tokens: DimLike = "T"): Seed =>
  partsSeed(`span from ${site}`, site, named, (whole) => mul(reshape(2, [named, tokens, 1])(spans), whole));

/** Each part is the state's image under an orthogonal projection: bases `[K, D]` with orthonormal rows, one per part. */
export const subspaceSeed = (site: string, bases: readonly Expr[]): Seed =>
  partsSeed(`subspace from ${site}`, site, bases.length, (whole) =>
    concat(-3, ...bases.map((basis) => lifted(matmul(matmul(whole, transpose([-1, -2])(basis)), basis)))),
  );

/** An axis of one part in front of `[T, D]`. */
const lifted = (x: Expr): Expr => mul(constant([1], [1, 1, 1]), x);

/** At this site the whole, of that rank, is one of `named` parts. */
export const wholeAs = (part: number, named: DimLike, site: string, rank = 2): SeedPlace => ({
  site,
  parts: (whole) => mul(reshape(1, [named, ...ones(rank)])(equal(iota(named), part)), whole),
});

const ones = (count: number): readonly number[] => new Array<number>(count).fill(1);

/** Which slices of a value: of an axis (-1 is the last) of that size, those at `index` `[count]`. */
export type Slices = {
  readonly rank: number;
  readonly axis: number;
  readonly size: DimLike;
  readonly index: Expr;
  readonly count: DimLike;
};

/** At this site each chosen slice is a part, and all that is left is the part before them: `count + 1` parts. */
export const slicesAs = (site: string, { rank, axis, size, index, count }: Slices): SeedPlace => ({
  site,
  parts: (whole) => {
    const along = reshape(1, [size, ...ones(-axis - 1)])(iota(size));
    const chosen = equal(reshape(1, [count, ...ones(rank)])(index), along);
    return concat(-1 - rank, mul(sub(1, sum(-1 - rank)(chosen)), whole), mul(chosen, whole));
  },
});

/** A seed of several places: `first`, and `others` where the parts begin anew. */
export const placedSeed = (name: string, named: DimLike, first: SeedPlace, ...others: readonly SeedPlace[]): Seed => ({
  ...first,
  name,
  named: dim(named),
  tokenLevel: false,
  also: others,
});
