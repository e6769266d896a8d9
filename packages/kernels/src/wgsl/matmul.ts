// The matrix product out[R, N] = a[R, Kd] · b[N, Kd]^T (+ bias[N]) (+ residual[R, N]): which variant, which tile?
// a, bias, residual and out are f32; b is f32, bf16 or f16 as stored; sums are f32. One pipeline serves every size: R, Kd
// and N travel as uniforms. Variants, naive → fast, are described in matmul/*.ts; the table of defaults is at the end.

import type { Device } from "../device.ts";
import type { Kernel } from "../kernel.ts";
import { assemble, type Body, type Product, widthFor } from "./matmul/frame.ts";
import { naive } from "./matmul/naive.ts";
import { type Quads, quads } from "./matmul/quads.ts";
import { type Registers, registers } from "./matmul/registers.ts";
import { type Tiled, tiled } from "./matmul/tiled.ts";

export type { Product } from "./matmul/frame.ts";

export type Tile =
  | { readonly variant: "naive" }
  | ({ readonly variant: "registers" } & Registers)
  | ({ readonly variant: "quads" } & Quads)
  | ({ readonly variant: "tiled" } & Tiled);

/** What a choice needs to know of a device. */
export type Target = Pick<Device, "kind" | "features">;

const bodyOf = (tile: Tile, p: Product): Body => {
  switch (tile.variant) {
    case "naive":
      return naive();
    case "registers":
      return registers(tile, widthFor(p));
    case "quads":
      return quads(tile);
    case "tiled":
      return tiled(tile, widthFor(p));
  }
};

/** Quads step by 16 along the sum and need the device's subgroups. */
export const takesQuads = (p: Product, { features }: Target): boolean =>
  typeof p.inner === "number" && p.inner % 16 === 0 && features.includes("subgroups");

/** One product with a given tile. Buffers in order: a, b, bias if any, residual if any, out. */
export const tiledProduct = (name: string, p: Product, tile: Tile): Kernel => assemble(name, p, bodyOf(tile, p));

/** Rows of out that a tile should hold: few when R is known to be few, so that less is computed and dropped. */
const rowsFor = ({ rows }: Product, most: number): number => (typeof rows === "number" ? Math.min(most, rows) : most);

/** Below this many elements of b a product is over before a large tile is compiled. */
const small = 2 ** 16;

const isSmall = ({ inner, columns }: Product): boolean =>
  typeof inner === "number" && typeof columns === "number" && inner * columns < small;

/**
 * Software: no workgroup memory (a barrier switches between invocations on the processor), quads where they fit. On
 * SwiftShader 16 x 6 gives 8 to 11 GFLOP/s; 16 x 8, 16 x 4, 8 x 4 and 8 x 2 give 1.05, 0.85, 0.7 and 0.45 of that, and a
 * processor compiles them for 1.5 s, 0.7 s, 0.4 s and 0.2 s, 16 x 6 for 1.2 s.
 * Hardware: workgroup tiles, 4 x 4 an invocation: 64 x 64 elements a workgroup keep a GPU busy at DePass's sizes.
 */
export const defaultTile = (p: Product, target: Target): Tile => {
  if (target.kind === "hardware") return { variant: "tiled", rows: 4, columns: 4, step: 16 };
  if (!takesQuads(p, target)) return { variant: "registers", rows: rowsFor(p, 8), columns: 2, lanes: 16 };
  if (isSmall(p)) return { variant: "quads", rows: rowsFor(p, 8), columns: 2, lanes: 4 };
  return { variant: "quads", rows: rowsFor(p, 16), columns: p.rows === 1 ? 4 : 6, lanes: 4 };
};
