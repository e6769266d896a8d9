// How packed rows are laid out for a processor that likes few large dense products: tokens are cut into tiles of consecutive
// tokens; every token of a tile has as many rows as the tile's last one, so tile j is dense, [tokens, parts, …], and only
// its upper corner is zeros. Tiles lie one after the other in chunks; a product runs over a chunk at once.
//
// A token's rows are the extras that are kept (bias, remainder), then the parts 0 … e-1, e being the end of its tile. With
// `head` part 0 is not among them: its rows `[T, …]` are carried apart (shares.ts says why).
import { type Dim, dim, minus, plus, type Sizes, type Tensor, tensor, times, valueOf } from "@depass/graph";

export type Tiling = {
  readonly tokens: Dim;
  /** Extras of the packed layout, and which of them have rows here; the others are zero wherever this tiling is used. */
  readonly extras: number;
  readonly kept: readonly number[];
  readonly head: boolean;
  /** Numbers of the tiles in each chunk. */
  readonly chunks: readonly (readonly number[])[];
  /** Long prompts: each chunk is computed by itself, and values are mixed in blocks without zeros (mix.ts, apart.ts). */
  readonly apart?: boolean;
};

export const tileCount = ({ chunks }: Tiling): number => chunks.reduce((sum, c) => sum + c.length, 0);

/** The first token behind a tile: a symbol, but for the last. */
export const endOf = (t: Tiling, tile: number): Dim => (tile === tileCount(t) - 1 ? t.tokens : dim(`tile.${tile}`));
export const startOf = (t: Tiling, tile: number): Dim => (tile === 0 ? 0 : endOf(t, tile - 1));
export const tokensIn = (t: Tiling, tile: number): Dim => minus(endOf(t, tile), startOf(t, tile));
/** Rows that each token of a tile has. */
export const partsIn = (t: Tiling, tile: number): Dim => plus(endOf(t, tile), t.kept.length - (t.head ? 1 : 0));
export const rowsIn = (t: Tiling, tile: number): Dim => times(tokensIn(t, tile), partsIn(t, tile));
export const rowsOfChunk = (t: Tiling, chunk: number): Dim =>
  (t.chunks[chunk] ?? []).reduce((sum: Dim, tile) => plus(sum, rowsIn(t, tile)), 0);

/**
 * Ends of tiles over the tokens: as far apart from each other, or where chunks are apart with as many rows as each other, so
 * that one chunk can lie where another lay: then `end · (end - the end before)` is the same for all.
 */
const endsOf = ({ chunks, apart }: Tiling): readonly number[] => {
  const ends: number[] = [];
  for (let j = 0, end = 0; j < chunks.flat().length; j++) {
    end = apart ? (end + Math.sqrt(end * end + 4)) / 2 : end + 1;
    ends.push(end);
  }
  return ends.map((end) => end / (ends.at(-1) as number));
};

/** Values of the tile symbols for a run. No tile is empty where T ≥ the tiles, or twice as many where they are apart. */
export const tileSizes = (t: Tiling, sizes: Sizes): Sizes => {
  const tokens = valueOf(t.tokens, sizes);
  const ends = endsOf(t)
    .slice(0, -1)
    .map((end, j) => [`tile.${j}`, Math.round(end * tokens)]);
  return { ...sizes, ...Object.fromEntries(ends) };
};

/** One row: its token, and its part, or which extra it is. */
export type Row = { readonly token: number; readonly part: number; readonly extra: number };

const NONE = -1;

/** Every row of a chunk in order. */
const rowsWithin = (t: Tiling, chunk: number, sizes: Sizes): readonly Row[] =>
  (t.chunks[chunk] ?? []).flatMap((tile) => {
    const [start, end, width] = [startOf(t, tile), endOf(t, tile), partsIn(t, tile)].map((d) => valueOf(d, sizes));
    const rows: Row[] = [];
    for (let token = start as number; token < (end as number); token++)
      for (let p = 0; p < (width as number); p++)
        rows.push(
          p < t.kept.length
            ? { token, part: NONE, extra: t.kept[p] as number }
            : { token, part: p - t.kept.length + (t.head ? 1 : 0), extra: NONE },
        );
    return rows;
  });

/** Numbers that follow from a tiling and sizes alone; a run is fed with them. */
export type Tables = Readonly<Record<string, (sizes: Sizes) => Tensor>>;

/** A number for each row of a chunk. */
export const rowTable =
  (t: Tiling, chunk: number, rest: readonly number[], f: (row: Row) => number) =>
  (sizes: Sizes): Tensor => {
    const rows = rowsWithin(t, chunk, sizes);
    return tensor("f32", [rows.length, ...rest], Float32Array.from(rows, f));
  };

/**
 * Where each (part, token) of the dense `[T + extras, T]` stands when the head (if any) and all chunks lie one after the
 * other with a row of zeros behind them; what has no row is that row of zeros.
 */
export const placeTable =
  (t: Tiling) =>
  (sizes: Sizes): Tensor => {
    const T = valueOf(t.tokens, sizes);
    const M = T + t.extras;
    const places = new Float32Array(M * T).fill(NONE);
    let next = 0;
    if (t.head) for (; next < T; next++) places[next] = next;
    t.chunks.forEach((_, chunk) => {
      for (const { token, part, extra } of rowsWithin(t, chunk, sizes)) {
        const m = part === NONE ? T + extra : part;
        if (part <= token) places[m * T + token] = next;
        next++;
      }
    });
    return tensor(
      "f32",
      [M, T],
      places.map((p) => (p === NONE ? next : p)),
    );
  };

/** As placeTable, in the order of packed rows (graph/rows.ts). */
export const packedTable =
  (t: Tiling) =>
  (sizes: Sizes): Tensor => {
    const T = valueOf(t.tokens, sizes);
    const { data } = placeTable(t)(sizes);
    const places: number[] = [];
    for (let n = 0; n < T; n++) {
      for (let m = 0; m <= n; m++) places.push(data[m * T + n] as number);
      for (let e = 0; e < t.extras; e++) places.push(data[(T + e) * T + n] as number);
    }
    return tensor("f32", [places.length], Float32Array.from(places));
  };
