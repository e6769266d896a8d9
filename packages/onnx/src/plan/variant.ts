// Which tiling serves a prompt length, and whether shares may be lean (tiles/shares.ts). Few tilings serve every length, so
// that a second prompt rarely needs a session of its own.
import { type Dim, type Graph, nodesOf } from "@depass/graph";
import { layoutOf } from "../tiles/retile.ts";
import type { Tiling } from "../tiles/tiling.ts";

/** What a graph's packed rows allow. */
export type Layout = {
  readonly tokens: Dim;
  readonly extras: number;
  /** The length from which chunks are apart, where it is not the usual one. */
  readonly apart?: number;
  /** Absent where shares must be told element by element. */
  readonly lean?: {
    readonly kept: readonly number[];
    readonly head: boolean;
    /** Weights that make gates; each must be dense (isDense). */
    readonly gates: readonly string[];
  };
};

/** The remainder can be left out where nothing is ever put into it; then only silent neurons would fill it. */
const leanOf = (graph: Graph, extras: number): Layout["lean"] => {
  const nodes = nodesOf(graph);
  const splits = nodes.flatMap((n) => (n.op === "splitRows" ? [n] : []));
  const [first] = splits;
  if (first === undefined || splits.some((n) => n.params.shares !== "softmax")) return undefined;
  if (splits.some((n) => n.params.remainder !== first.params.remainder)) return undefined;
  const { remainder } = first.params;
  if (nodes.some((n) => n.op === "addToRows" && n.params.part === remainder)) return undefined;
  const gates = splits.flatMap(({ inputs: [gate] }) => {
    const matrix = gate?.op === "linear" ? gate.inputs[1] : undefined;
    return matrix?.op === "weight" ? [matrix.params.name] : [];
  });
  if (gates.length < splits.length) return undefined;
  const kept = Array.from({ length: extras }, (_, e) => e).filter((e) => e !== remainder);
  return { kept, gates, head: kept.length === 0 && splits.every((n) => n.params.special === "ignore") };
};

/** Absent where a graph has no packed rows, or several layouts of them. */
export const layoutFor = (graph: Graph): Layout | undefined => {
  const layout = layoutOf(graph);
  if (layout === undefined) return undefined;
  const lean = leanOf(graph, layout.extras);
  return lean === undefined ? layout : { ...layout, lean };
};

/**
 * Whether a row that is not all zero surely meets a weight that is not zero in each row of a matrix `[I, D]`: no zeros at all,
 * or few among many. A trained model's state has hardly a zero; toy ones may have many.
 */
export const isDense = (values: Float32Array, width: number): boolean => {
  const most = width >= 64 ? width / 8 : 0;
  for (let row = 0; row < values.length; row += width) {
    let zeros = 0;
    for (let i = row; i < row + width; i++) if (values[i] === 0) zeros++;
    if (zeros > most) return false;
  }
  return true;
};

export type Variant = { readonly tiling: Tiling; readonly lean: boolean; readonly key: string };

/** Rows that a product should have at least: fewer, and laying out its matrix anew costs more than it computes. */
const FEWEST_ROWS = 192;

/** The first length that the same tiling serves. */
const floorOf = (T: number): number => (T < 8 ? Math.min(T, 2) : 2 ** Math.floor(Math.log2(T)));

/** More tiles compute fewer zeros, and more small nodes. */
const tilesFor = (T: number): number => {
  if (T < 8) return 1;
  if (T < 16) return 4;
  if (T < 128) return 8;
  return T < 1024 ? 16 : 32;
};

/** From this length on rows fill the memory, and a chunk has enough of them to be worth a run of its own. */
const APART = 512;

const chunksFor = (T: number, count: number): readonly (readonly number[])[] => {
  const chunks: number[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (let tile = 0; tile < count; tile++) {
    if (rows >= FEWEST_ROWS) {
      chunks.push([]);
      rows = 0;
    }
    chunks.at(-1)?.push(tile);
    rows += (T / count) ** 2 * (tile + 1);
  }
  return chunks;
};

/** The tiling of a prompt of T tokens; `exact` where lean shares are not to be trusted. */
export const variantFor = (layout: Layout, T: number, exact: boolean): Variant => {
  const floor = floorOf(T);
  const count = tilesFor(floor);
  const { tokens, extras } = layout;
  // With the head apart the first tile must have a second token, or it would have no rows.
  const lean = exact || (layout.lean?.head && T < 2 * count) ? undefined : layout.lean;
  const apart = T >= (layout.apart ?? APART);
  const chunks = apart ? Array.from({ length: count }, (_, tile) => [tile]) : chunksFor(floor, count);
  const { kept = Array.from({ length: extras }, (_, e) => e), head = false } = lean ?? {};
  const key = JSON.stringify([lean !== undefined, chunks, apart]);
  return { tiling: { tokens, extras, kept, head, chunks, apart }, lean: lean !== undefined, key };
};
