// attendRows in tiles. Values `[R, K, F]` are laid out densely once, `[K, T, parts · F]`, zero where a part cannot reach; then
// each tile mixes the tokens up to its end with one product per K/V head, the heads that share a value as its rows.
import {
  broadcast,
  concat,
  type Dim,
  type Expr,
  less,
  matmul,
  minus,
  mul,
  plus,
  reshape,
  slice,
  times,
  transpose,
} from "@depass/graph";
import type { Rows, Tiler } from "./form.ts";
import { endOf, partsIn, rowsIn, startOf, type Tiling, tileCount, tokensIn } from "./tiling.ts";

/** Heads H, K/V heads K, head width F. */
export type Heads = { readonly H: number; readonly K: number; readonly F: number };

/** Each tile of rows, cut out of its chunk. */
export const tilesOf = (tiler: Tiler, chunks: readonly Expr[], rank: number): readonly Expr[] =>
  tiler.tiling.chunks.flatMap((tiles, c) => {
    let from: Dim = 0;
    return tiles.map((tile) => {
      const rows = rowsIn(tiler.tiling, tile);
      const cut = tiles.length === 1 ? (chunks[c] as Expr) : slice(-rank, from, rows)(chunks[c] as Expr);
      from = plus(from, rows);
      return cut;
    });
  });

/** Tiles back in their chunks. */
export const chunksOf = (tiler: Tiler, tiles: readonly Expr[], rank: number): readonly Expr[] =>
  tiler.tiling.chunks.map((own) =>
    own.length === 1 ? (tiles[own[0] as number] as Expr) : concat(-rank, ...own.map((tile) => tiles[tile] as Expr)),
  );

/** A zero that waits for x: what follows from sizes alone would be made on the host before the run, and kept all through it. */
const zeroAfter = (x: Expr): Expr => {
  const corner = [-4, -3, -2, -1].reduce((y, axis) => slice(axis, 0, 1)(y), x);
  return less(corner, corner);
};

/** `[tokens · parts, K, F] → [K, tokens, all parts, F]`. */
const laidOut = ({ tiling }: Tiler, x: Expr, tile: number, { K, F }: Heads): Expr => {
  const [tokens, parts, all] = [tokensIn(tiling, tile), partsIn(tiling, tile), partsIn(tiling, tileCount(tiling) - 1)];
  const turned = transpose([-2, -4, -3, -1])(reshape(3, [tokens, parts, K, F])(x));
  return tile === tileCount(tiling) - 1
    ? turned
    : concat(-2, turned, broadcast([K, tokens, minus(all, parts), F])(zeroAfter(turned)));
};

/** Part 0 of each token, `[T, K, F] → [T, H, F]`. */
export const mixedHead = ({ tokens: T }: Tiling, weights: Expr, x: Expr, { H, K, F }: Heads): Expr => {
  const product = matmul(reshape(3, [K, times(H / K, T), T])(weights), transpose([-2, -3, -1])(x));
  return reshape(4, [T, H, F])(transpose([-2, -4, -3, -1])(reshape(3, [K, H / K, T, F])(product)));
};

/** `weights` `[H, T, T]`, already times what the values lack. */
export const mixed = (tiler: Tiler, weights: Expr, rows: Rows, heads: Heads): Rows => {
  const { tiling } = tiler;
  const { H, K, F } = heads;
  const each = H / K;
  const T = tiling.tokens;
  const all = partsIn(tiling, tileCount(tiling) - 1);
  const given = tilesOf(tiler, rows.chunks, 3).map((x, tile) => laidOut(tiler, x, tile, heads));
  const values = reshape(4, [K, T, times(all, F)])(given.length === 1 ? (given[0] as Expr) : concat(-3, ...given));
  const tiles = given.map((_, tile) => {
    const [tokens, parts, end] = [tokensIn(tiling, tile), partsIn(tiling, tile), endOf(tiling, tile)];
    const isLast = tile === tileCount(tiling) - 1;
    const own = isLast && tile === 0 ? weights : slice(-1, 0, end)(slice(-2, startOf(tiling, tile), tokens)(weights));
    const seen = isLast ? values : slice(-1, 0, times(parts, F))(slice(-2, 0, end)(values));
    const product = matmul(reshape(3, [K, times(each, tokens), end])(own), seen);
    const apart = reshape(3, [K, each, tokens, parts, F])(product);
    return reshape(5, [times(tokens, parts), H, F])(transpose([-3, -2, -5, -4, -1])(apart));
  });
  return {
    kind: "rows",
    chunks: chunksOf(tiler, tiles, 3),
    ...(rows.head && { head: { x: mixedHead(tiling, weights, rows.head.x, heads), at: "all" as const } }),
  };
};

/** Weights times a factor per key. */
export const perKey = (weights: Expr, factor: Expr | undefined, tokens: Dim): Expr =>
  factor === undefined ? weights : mul(weights, reshape(2, [1, 1, tokens])(factor));
