// What a value of a tiled graph is: dense as before, a token's value repeated for each of its rows, or rows in tiles. Rows
// carry a factor per token that has not been multiplied yet, so that it can go where it is cheapest.
import {
  add,
  broadcast,
  concat,
  type Dim,
  type Expr,
  gather,
  input,
  less,
  mul,
  plus,
  reshape,
  type Shape,
  scalar,
  size,
  sub,
} from "@depass/graph";
import { packedTable, placeTable, rowsOfChunk, rowTable, type Tables, type Tiling } from "./tiling.ts";

/** `first`: the value at token 0 is the expression's, and zero at all others. */
export type Head = { readonly x: Expr; readonly at: "all" | "first" };

export type Rows = {
  readonly kind: "rows";
  readonly head?: Head;
  readonly chunks: readonly Expr[];
  /** `[T, 1]`, times every row of its token. */
  readonly factor?: Expr;
};

export type Form =
  | { readonly kind: "dense"; readonly x: Expr }
  /** tokenRows of x. */
  | { readonly kind: "tokens"; readonly x: Expr }
  | Rows;

/** A tiling in use: its tables become inputs as they are asked for. */
export type Tiler = {
  readonly tiling: Tiling;
  readonly tables: Record<string, Tables[string]>;
  /** What begins the work that a chunk has by itself, and the number of that chunk. */
  readonly owners: Map<Expr, number>;
};

/** What each chunk's own work begins with, where chunks are apart. */
export const owned = ({ tiling, owners }: Tiler, chunks: readonly Expr[]): readonly Expr[] => {
  if (tiling.apart) for (const [c, x] of chunks.entries()) owners.set(x, c);
  return chunks;
};

const table = ({ tables }: Tiler, name: string, shape: Shape, make: Tables[string]): Expr => {
  tables[name] ??= make;
  return input(name, shape);
};

const perRow = (
  tiler: Tiler,
  what: string,
  chunk: number,
  rest: readonly number[],
  f: Parameters<typeof rowTable>[3],
): Expr =>
  table(
    tiler,
    `table.${what}.${chunk}`,
    [rowsOfChunk(tiler.tiling, chunk), ...rest],
    rowTable(tiler.tiling, chunk, rest, f),
  );

/** `[R]`: the token of each row of a chunk. */
const tokenOf = (tiler: Tiler, chunk: number): Expr => perRow(tiler, "token", chunk, [], (r) => r.token);

/** `[R, 1]`: 1 where a token's own part stands. */
export const isOwn = (tiler: Tiler, chunk: number): Expr =>
  perRow(tiler, "own", chunk, [1], (r) => (r.part === r.token ? 1 : 0));

/** `[R, 1]`: 1 where that extra stands. */
export const isExtra = (tiler: Tiler, chunk: number, extra: number): Expr =>
  perRow(tiler, `extra${extra}`, chunk, [1], (r) => (r.extra === extra ? 1 : 0));

/** `[R, 1]`: `value` where a part cannot reach its token, or where it is to be passed over; else 0. */
export const unreached = (tiler: Tiler, chunk: number, value: number, skipsFirst: boolean): Expr =>
  perRow(tiler, skipsFirst ? "reach1" : "reach", chunk, [1], (r) =>
    r.part > r.token || (skipsFirst && r.part === 0 && r.token > 0) ? value : 0,
  );

/** `[T, 1]`: 1 at token 0. */
export const isFirst = (tiler: Tiler): Expr =>
  table(tiler, "table.first", [tiler.tiling.tokens, 1], (sizes) => {
    const T = placeTable(tiler.tiling)(sizes).shape[1] as number;
    return { dtype: "f32", shape: [T, 1], data: Float32Array.from({ length: T }, (_, n) => (n === 0 ? 1 : 0)) };
  });

/** A token's value at each row of a chunk: `[T, …] → [R, …]`. */
export const ofTokens = (tiler: Tiler, chunk: number, x: Expr, rank: number): Expr =>
  gather(-rank, tokenOf(tiler, chunk))(x);

/** Rows one after the other, the head first, with a row of zeros behind them: what the place tables count in. */
const inOneRow = (rows: Rows, rest: Shape): Expr => {
  const zeros = broadcast([1, ...rest])(scalar(0));
  return concat(-1 - rest.length, ...(rows.head === undefined ? [] : [rows.head.x]), ...rows.chunks, zeros);
};

/** `[R, …] → [T + extras, T, …]`. */
export const unpackedRows = (tiler: Tiler, rows: Rows, rest: Shape, count: Dim): Expr =>
  gather(-1 - rest.length, places(tiler, count))(inOneRow(rows, rest));

const places = (tiler: Tiler, count: Dim): Expr =>
  table(tiler, "table.places", [count, tiler.tiling.tokens], placeTable(tiler.tiling));

/** One token's parts: `[T + extras, 1, …]`. */
export const partsAtToken = (tiler: Tiler, rows: Rows, rest: Shape, count: Dim, position: Expr, asked: Dim): Expr => {
  const at = gather(-1, position)(places(tiler, count));
  if (tiler.tiling.apart) return fromPieces(tiler, rows, rest, at, [count, asked]);
  return gather(-1 - rest.length, at)(inOneRow(rows, rest));
};

/** The same as a sum over pieces, so that they need not lie in one row: a piece gives nothing where it has no such row. */
const fromPieces = ({ tiling }: Tiler, rows: Rows, rest: Shape, at: Expr, shape: Shape): Expr => {
  const whole = [...shape, ...new Array<number>(rest.length).fill(1)];
  let start: Dim = 0;
  const given = [...(rows.head === undefined ? [] : [rows.head.x]), ...rows.chunks].map((x, i) => {
    const chunk = rows.head === undefined ? i : i - 1;
    const end = plus(start, chunk < 0 ? tiling.tokens : rowsOfChunk(tiling, chunk));
    const isInside = mul(less(at, size(end)), sub(1, less(at, size(start))));
    const place = mul(sub(at, size(start)), isInside);
    start = end;
    return mul(gather(-1 - rest.length, place)(x), reshape(2, whole)(isInside));
  });
  return given.reduce((a, b) => add(a, b));
};

/** The rows as graph/rows.ts lays them out. */
export const repacked = (tiler: Tiler, rows: Rows, shape: Shape): Expr =>
  gather(
    -shape.length,
    table(tiler, "table.packed", shape.slice(0, 1), packedTable(tiler.tiling)),
  )(inOneRow(rows, shape.slice(1)));

/** The same with every factor multiplied and a head at every token. */
export const settled = (tiler: Tiler, rows: Rows, rank: number): Rows => {
  const { head, chunks, factor } = rows;
  const whole: Head | undefined = head && {
    x: head.at === "first" ? mul(head.x, spread(isFirst(tiler), rank)) : head.x,
    at: "all",
  };
  if (factor === undefined) return { kind: "rows", chunks, ...(whole && { head: whole }) };
  return {
    kind: "rows",
    chunks: chunks.map((x, c) => mul(x, spread(ofTokens(tiler, c, factor, 2), rank))),
    ...(whole && { head: { x: mul(whole.x, spread(factor, rank)), at: "all" } }),
  };
};

/** `[T, 1]` against values of more axes. */
const spread = (x: Expr, rank: number): Expr => (rank <= 2 ? x : reshape1(x, rank));

const reshape1 = (x: Expr, rank: number): Expr =>
  ({ op: "reshape", params: { rank: 1, to: new Array<number>(rank - 1).fill(1) }, inputs: [x] }) as Expr;
