// Where is each part of each token in packed rows, in WGSL? As graph/rows.ts has it: token n has the rows of parts 0 … n and
// then the extras, from row n(n+1)/2 + n·extras on.
import { type Dim, product, rowCount, type Shape } from "@depass/graph";
import type { Kernel } from "../../kernel.ts";
import type { SizeNames } from "../operand.ts";

export type Packed = {
  readonly tokens: Dim;
  readonly extras: number;
  /** The tokens and rows that this kernel computes; all of them where it is absent. */
  readonly tile?: TokenTile;
};

/** Consecutive tokens with all their rows. Operands of the tile, and the result, are addressed from its first row. */
export type TokenTile = {
  readonly firstToken: Dim;
  readonly tokens: Dim;
  readonly firstRow: Dim;
  readonly rows: Dim;
};

export const rowsOf = ({ tokens, extras, tile }: Packed): Dim => tile?.rows ?? rowCount(tokens, extras);
/** WGSL: a row or token counted in the tile, counted in the whole. */
export const wholeRow = (row: string, { tile }: Packed, sizes: SizeNames): string =>
  tile === undefined ? row : `(${sizes.of(tile.firstRow)} + ${row})`;
export const wholeToken = (token: string, { tile }: Packed, sizes: SizeNames): string =>
  tile === undefined ? token : `(${sizes.of(tile.firstToken)} + ${token})`;

/** WGSL: first row of a token, and the token of a row (a root, put right where f32 misses by one). */
const rowFunctions = (
  extras: number,
): string => `fn first_row(n: u32) -> u32 { return n * (n + 1u) / 2u + n * ${extras}u; }
fn token_of(row: u32) -> u32 {
  let b = ${1 + 2 * extras}.0;
  var n = u32(max(0.0, (sqrt(b * b + 8.0 * f32(row)) - b) * 0.5));
  while (first_row(n) > row) { n -= 1u; }
  while (first_row(n + 1u) <= row) { n += 1u; }
  return n;
}`;

export const withRows = (extras: number, kernel: Kernel): Kernel => ({
  ...kernel,
  wgsl: `${rowFunctions(extras)}\n${kernel.wgsl}`,
});

/** Values of one row, of all axes but the first. */
export const inner = (shape: Shape): Dim => product(shape.slice(1));
