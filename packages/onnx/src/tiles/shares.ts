// splitRows in tiles: shares of each (token, neuron) over the rows of the token, which lie in one tile.
//
// `lean` is the same for a model that could be trained, at a third of the passes over the gates. A part has no gate input
// where its row of the state is all zero (a part that cannot reach, an empty embedding), and only there: a mask per row, which
// the product adds, stands for the mask per element. Then the remainder is zero too, and has no rows. The check says whether
// this held: that at each token its own part was not empty, so that no neuron was silent. With the special token ignored,
// part 0 takes nothing but at token 0, where it is alone: its rows are carried apart, and its neurons there are the whole's.
import {
  add,
  type Dim,
  div,
  type Expr,
  equal,
  exp,
  iota,
  less,
  linear,
  max,
  maximum,
  mul,
  neg,
  REMAINDER_EPSILON,
  reshape,
  type Shares,
  type Special,
  slice,
  sub,
  sum,
  where,
} from "@depass/graph";
import { isFirst, isOwn, ofTokens, type Rows, settled, type Tiler, unreached } from "./form.ts";
import { chunksOf, tilesOf } from "./mix.ts";
import { partsIn, rowsIn, startOf, tokensIn } from "./tiling.ts";

/** As in expand/shared.ts: "minus infinity" in every mask. */
const MASKED = -3e38;

export type Split = {
  readonly shares: Shares;
  readonly temperature: number;
  readonly special: Special;
  readonly remainder: number;
};

const neuronsIn = (tiler: Tiler, tile: number, neurons: Expr): Expr =>
  slice(-2, startOf(tiler.tiling, tile), tokensIn(tiler.tiling, tile))(neurons);

/** `checks` `[1, 1]` are 0 where lean shares were right: one in all, or one a chunk where those are apart. */
export type Shared = { readonly rows: Rows; readonly checks: readonly Expr[] };

/** Row and token numbers of a tile, `[parts, 1]` and `[tokens, 1, 1]`. */
const placesIn = ({ tiling }: Tiler, tile: number): { readonly place: Expr; readonly token: Expr } => {
  const [tokens, parts] = [tokensIn(tiling, tile), partsIn(tiling, tile)];
  return {
    place: reshape(1, [parts, 1])(iota(parts)),
    token: reshape(1, [tokens, 1, 1])(iota(tokens)),
  };
};

/** 1 at part 0 of token 0, which stands in the first tile. */
const isBeginning = (tiler: Tiler, tile: number): Expr => {
  const { place, token } = placesIn(tiler, tile);
  return mul(equal(place, tiler.tiling.kept.length), tile === 0 ? equal(token, 0) : 0);
};

/** graph/expand/decomposition.ts, `conditioned`, for `[tokens, parts, I]`. */
const conditionedTile = (tiler: Tiler, tile: number, gate: Expr, { special, remainder }: Split): Expr => {
  const { place } = placesIn(tiler, tile);
  const magnitude = (x: Expr): Expr => maximum(x, neg(x));
  const rest = equal(place, tiler.tiling.kept.indexOf(remainder));
  const seen = special === "ignore" ? where(equal(place, tiler.tiling.kept.length), 0, gate) : gate;
  const begun = tile === 0 ? where(isBeginning(tiler, tile), 1, seen) : seen;
  const sure = where(mul(rest, less(magnitude(begun), REMAINDER_EPSILON)), 0, begun);
  return where(mul(rest, equal(max(-2)(magnitude(sure)), 0)), 1, sure);
};

const least = (x: Expr): Expr => neg(max(-2)(neg(x)));

/** graph/expand/decomposition.ts, `weights`. */
const weightsOf = (g: Expr, absent: Expr, rest: Expr, { shares, temperature }: Split): Expr => {
  if (shares === "relu") {
    const positive = maximum(g, 0);
    return where(mul(rest, equal(max(-2)(positive), 0)), 1, positive);
  }
  if (shares === "linear") {
    const above = where(absent, 0, sub(g, least(where(absent, -MASKED, g))));
    return where(equal(max(-2)(above), 0), sub(1, absent), above);
  }
  const scaled = where(absent, MASKED, div(g, temperature));
  const top = max(-2)(scaled);
  return where(absent, 0, shares === "max" ? equal(scaled, top) : exp(sub(scaled, top)));
};

const exactSharesOf = (tiler: Tiler, tile: number, g: Expr, split: Split): Expr => {
  const rest = equal(placesIn(tiler, tile).place, tiler.tiling.kept.indexOf(split.remainder));
  const weights = weightsOf(g, equal(g, 0), rest, split);
  return div(weights, sum(-2)(weights));
};

/** Element by element, as the language says it, for every gate there can be. */
export const exactShares = (tiler: Tiler, gate: Rows, neurons: Expr, split: Split, width: Dim): Shared => {
  const { tiling } = tiler;
  const given = tilesOf(tiler, settled(tiler, gate, 2).chunks, 2);
  const tiles = given.map((x, tile) => {
    const [tokens, parts] = [tokensIn(tiling, tile), partsIn(tiling, tile)];
    const g = reshape(2, [tokens, parts, width])(x);
    const shares = exactSharesOf(tiler, tile, conditionedTile(tiler, tile, g, split), split);
    const own = reshape(2, [tokens, 1, width])(neuronsIn(tiler, tile, neurons));
    return reshape(3, [rowsIn(tiling, tile), width])(mul(shares, own));
  });
  return { rows: { kind: "rows", chunks: chunksOf(tiler, tiles, 2) }, checks: [] };
};

/** The gate inputs over the temperature, with the mask of each row, `[R, I]`; and whether a token's own row is masked. */
const maskedGates = (tiler: Tiler, gate: Rows, chunk: number, { temperature, special }: Split) => {
  const own = gate.chunks[chunk] as Expr;
  // The rows that the product reads are narrower than what it gives.
  const [x, map] = own.op === "linear" ? [own.inputs[0] as Expr, linear(own.inputs[1] as Expr)] : [own, (y: Expr) => y];
  const empty = equal(max(-1)(maximum(x, neg(x))), 0);
  const mask = where(empty, MASKED, unreached(tiler, chunk, MASKED, special === "ignore" && !tiler.tiling.head));
  const scale = gate.factor === undefined ? 1 / temperature : ofTokens(tiler, chunk, div(gate.factor, temperature), 2);
  return { gates: add(map(mul(x, scale)), mask), check: sum(-2)(mul(mask, isOwn(tiler, chunk))) };
};

/** See above. */
export const leanShares = (tiler: Tiler, gate: Rows, neurons: Expr, split: Split, width: Dim): Shared => {
  const { tiling } = tiler;
  const masked = gate.chunks.map((_, chunk) => maskedGates(tiler, gate, chunk, split));
  const checks = masked.map((m) => m.check);
  const given = tilesOf(
    tiler,
    masked.map((m) => m.gates),
    2,
  );
  const tiles = given.map((x, tile) => {
    const [tokens, parts] = [tokensIn(tiling, tile), partsIn(tiling, tile)];
    const flat = reshape(2, [tokens, parts, width])(x);
    const g =
      tile === 0 && tiling.kept.length > 0 ? where(isBeginning(tiler, tile), 1 / split.temperature, flat) : flat;
    const own = neuronsIn(tiler, tile, neurons);
    const later = sub(1, slice(-2, 0, tokens)(isFirst(tiler)));
    const shared = reshape(2, [tokens, 1, width])(tiling.head && tile === 0 ? mul(own, later) : own);
    const e = exp(sub(g, max(-2)(g)));
    return reshape(3, [rowsIn(tiling, tile), width])(mul(e, div(shared, sum(-2)(e))));
  });
  return {
    rows: {
      kind: "rows",
      chunks: chunksOf(tiler, tiles, 2),
      ...(tiling.head && { head: { x: neurons, at: "first" as const } }),
    },
    checks: tiling.apart ? checks : [checks.reduce((a, b) => add(a, b))],
  };
};
