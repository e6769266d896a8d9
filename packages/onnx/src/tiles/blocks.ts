// attendRows of a long prompt: as mix.ts, but without the zeros that stand there in front of its products. Values are laid out
// by blocks of parts: the parts of tile p begin at its first token, so `[K, T - start, parts of p · F]` holds nothing but a
// corner of zeros. A tile mixes one block after the other, over the tokens that block has: half the products of mix.ts, and
// neither a padded copy of all values nor a slice of them for every tile. That takes a node per tile and block.
import { concat, type Dim, type Expr, matmul, minus, reshape, slice, times, transpose } from "@depass/graph";
import { owned, type Rows, type Tiler } from "./form.ts";
import { type Heads, mixedHead, tilesOf } from "./mix.ts";
import { endOf, partsIn, rowsIn, startOf, type Tiling, tileCount, tokensIn } from "./tiling.ts";

/** The rows of each token that tile p has and those before it have not. */
const firstPart = (t: Tiling, p: number): Dim => (p === 0 ? 0 : partsIn(t, p - 1));
const widthOf = (t: Tiling, p: number): Dim => minus(partsIn(t, p), firstPart(t, p));

/** Block p of all values: `[K, T - start of p, width · F]`. */
const blockOf = (t: Tiling, values: readonly Expr[], p: number, { K, F }: Heads): Expr => {
  const turned = values.slice(p).map((x) => transpose([-2, -4, -3, -1])(slice(-3, firstPart(t, p), widthOf(t, p))(x)));
  const whole = turned.length === 1 ? (turned[0] as Expr) : concat(-3, ...turned);
  return reshape(4, [K, minus(t.tokens, startOf(t, p)), times(widthOf(t, p), F)])(whole);
};

/** What a tile takes of block p: `[tokens, width, K, each, F]`. */
const mixedBlock = (t: Tiling, tile: number, p: number, weights: Expr, block: Expr, { H, K, F }: Heads): Expr => {
  const [tokens, count] = [tokensIn(t, tile), minus(endOf(t, tile), startOf(t, p))];
  const own = slice(-1, startOf(t, p), count)(slice(-2, startOf(t, tile), tokens)(weights));
  const seen = tile === tileCount(t) - 1 ? block : slice(-2, 0, count)(block);
  const product = matmul(reshape(3, [K, times(H / K, tokens), count])(own), seen);
  return transpose([-3, -2, -5, -4, -1])(reshape(3, [K, H / K, tokens, widthOf(t, p), F])(product));
};

/** `weights` `[H, T, T]`, already times what the values lack; each chunk is a tile. */
export const mixedInBlocks = (tiler: Tiler, weights: Expr, rows: Rows, heads: Heads): Rows => {
  const { tiling } = tiler;
  const { H, K, F } = heads;
  const values = tilesOf(tiler, rows.chunks, 3).map((x, tile) =>
    reshape(3, [tokensIn(tiling, tile), partsIn(tiling, tile), K, F])(x),
  );
  const blocks = values.map((_, p) => blockOf(tiling, values, p, heads));
  const chunks = values.map((_, tile) => {
    const own = blocks.slice(0, tile + 1).map((block, p) => mixedBlock(tiling, tile, p, weights, block, heads));
    const whole = own.length === 1 ? (own[0] as Expr) : concat(-4, ...own);
    return reshape(5, [rowsIn(tiling, tile), H, F])(whole);
  });
  return {
    kind: "rows",
    chunks: owned(tiler, chunks),
    ...(rows.head && { head: { x: mixedHead(tiling, weights, rows.head.x, heads), at: "all" as const } }),
  };
};
