// How does a device like its kernels? Choices that change speed and never a result, made once per device.

import type { Device } from "./device.ts";
import { defaultTile, type Product, type Tile } from "./wgsl/matmul.ts";

export type Tuning = {
  /** The tile of a matrix product `[R, Kd] · [N, Kd]^T`. */
  readonly matmul: (p: Product) => Tile;
};

export const tuningFor = (device: Pick<Device, "kind" | "features">): Tuning => ({
  matmul: (p) => defaultTile(p, device),
});
