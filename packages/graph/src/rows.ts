// Packed rows: how parts that start at their own token are stored without their zeros. Part m of a token seed is zero
// at every token before m, so token n has the rows of parts 0 … n and then the extras (bias, remainder), token after
// token: row(n, m) = n(n+1)/2 + n·extras + m, and R = T(T+1)/2 + T·extras rows in all, half of `[M, T]`.
import { type Dim, type DimLike, over, plus, times } from "./dim.ts";

/** R, the number of packed rows. */
export const rowCount = (tokens: DimLike, extras: number): Dim =>
  plus(over(times(tokens, plus(tokens, 1)), 2), times(extras, tokens));

/** The first row of token n. */
export const firstRow = (token: number, extras: number): number => (token * (token + 1)) / 2 + token * extras;

/** How many rows token n has. */
export const rowsOfToken = (token: number, extras: number): number => token + 1 + extras;

/** Row of a part at a token, or -1 where that part cannot reach; extras are the parts T, T+1, …. */
export const rowOf = (token: number, part: number, tokens: number, extras: number): number => {
  if (part >= tokens) return firstRow(token, extras) + token + 1 + (part - tokens);
  return part <= token ? firstRow(token, extras) + part : -1;
};
