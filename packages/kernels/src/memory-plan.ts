// How many bytes a plan takes at given sizes, which steps may share a buffer, and into how many tiles its regions must be
// cut to fit. Pure, so that a run is refused before anything is allocated. Buffers are reused whole: one buffer is never
// bound for reading and for writing in one dispatch.
import { bytesPerElement, firstRow, rowsOfToken, type Sizes, valueOf } from "@depass/graph";
import { groupBytes, isBlocks } from "./blocks.ts";
import { elementsOf, type Plan, type PlanBuffer } from "./plan.ts";
import { type Region, tileSymbols } from "./regions.ts";

/** Physical buffers of one run: the bytes of each, and which of them holds each of the plan's buffers. */
export type Layout = {
  readonly slots: readonly { readonly bytes: number; readonly name: string }[];
  /** Slot per plan buffer; weights have none, they stay between runs, as do inputs that were on the device before. */
  readonly slotOf: readonly (number | undefined)[];
  /** Rows of the largest tile that the layout has room for; Infinity where regions run in one piece. */
  readonly tileRows: number;
};

/** Bytes of one buffer; of a tiled one, those of a tile. */
export const bytesOf = (b: PlanBuffer, sizes: Sizes, tileRows = Number.POSITIVE_INFINITY): number => {
  const elements = valueOf(elementsOf(b), sizes);
  const rows = b.tiled && b.shape[0] !== undefined ? valueOf(b.shape[0], sizes) : 1;
  const kept = b.tiled ? (elements / rows) * Math.min(rows, tileRows) : elements;
  const bytes = isBlocks(b.dtype) ? groupBytes(b.dtype, kept) : kept * bytesPerElement[b.dtype];
  return Math.max(4, Math.ceil(bytes / 4) * 4);
};

const nowhere: ReadonlySet<number> = new Set();

/**
 * Greedy by time: a buffer takes over the smallest free slot that is large enough, or grows a new one. Those that lie
 * `elsewhere` have none: inputs that are on the device already.
 */
export const layOut = (
  plan: Plan,
  sizes: Sizes,
  tileRows = Number.POSITIVE_INFINITY,
  elsewhere: ReadonlySet<number> = nowhere,
): Layout => {
  const slots: { bytes: number; name: string; freeFrom: number }[] = [];
  const slotOf = new Array<number | undefined>(plan.buffers.length).fill(undefined);
  const order = plan.buffers.map((b, i) => ({ b, i })).sort((x, y) => x.b.from - y.b.from);
  for (const { b, i } of order) {
    if (b.kind === "weight" || elsewhere.has(i)) continue;
    const bytes = bytesOf(b, sizes, tileRows);
    // Inputs and closed values are written before the first step, so no step's buffer may become theirs.
    const candidates =
      b.kind === "step" ? slots.filter((s) => s.freeFrom < b.from && s.bytes >= bytes && s.bytes <= 2 * bytes) : [];
    const slot = candidates.sort((x, y) => x.bytes - y.bytes)[0];
    if (slot === undefined) slots.push({ bytes, name: b.name, freeFrom: b.until });
    else slot.freeFrom = b.until;
    slotOf[i] = slot === undefined ? slots.length - 1 : slots.indexOf(slot);
  }
  return { slots, slotOf, tileRows };
};

/** Steps handed over at once: enough to hide the cost of a submit, few enough to answer an abort soon. */
export const batchSteps = { hardware: 64, software: 8 } as const;

/** Bytes of the buffer through which results are read; larger results come in pieces. */
export const stagingBytes = 64 * 2 ** 20;

/** What a run takes beside its buffers: the sizes of one batch of steps, and the staging of its largest output. */
const overheadOf = (plan: Plan, sizes: Sizes): number => {
  const words = Math.max(0, ...plan.steps.map((s) => Math.ceil(s.kernel.uniforms.length / 4) * 4));
  const outputs = Object.values(plan.outputs).map((o) =>
    bytesOf({ ...(plan.buffers[o.buffer] as PlanBuffer), tiled: false }, sizes),
  );
  return words * 4 * batchSteps.hardware + Math.min(stagingBytes, Math.max(0, ...outputs));
};

export type PlanBytes = { readonly weights: number; readonly run: number; readonly total: number };

/** Bytes of all weights in their stored types. */
export const weightBytes = (plan: Plan): number =>
  plan.buffers.reduce((sum, b) => sum + (b.kind === "weight" ? bytesOf(b, {}) : 0), 0);

/** The same by type. */
export const weightTypes = ({ buffers }: Plan): Readonly<Record<string, number>> => {
  const found: Record<string, number> = {};
  for (const b of buffers) if (b.kind === "weight") found[b.dtype] = (found[b.dtype] ?? 0) + bytesOf(b, {});
  return found;
};

/** Device bytes of a plan at given sizes: weights, which stay, and what one run adds. */
export const planBytes = (plan: Plan, sizes: Sizes, layout: Layout = layOut(plan, sizes)): PlanBytes => {
  const weights = weightBytes(plan);
  const run = overheadOf(plan, sizes) + layout.slots.reduce((sum, s) => sum + s.bytes, 0);
  return { weights, run, total: weights + run };
};

export type RunLimits = {
  /** Bytes that one run may take. */
  readonly bytes: number;
  /** Bytes that one buffer may have. */
  readonly buffer: number;
  /** Buffers of the plan that take no room: inputs that are on the device already. */
  readonly elsewhere?: ReadonlySet<number>;
};

const regionsOf = (plan: Plan): readonly Region[] => [...new Set(plan.steps.flatMap((s) => s.region ?? []))];

/** Rows of the largest region, and of the smallest tile there can be: one token's. */
const extent = (plan: Plan, sizes: Sizes): { readonly all: number; readonly least: number } => {
  const found = regionsOf(plan).map(({ tokens, extras }) => {
    const T = valueOf(tokens, sizes);
    return { all: firstRow(T, extras), least: T < 1 ? 0 : rowsOfToken(T - 1, extras) };
  });
  return { all: Math.max(0, ...found.map((f) => f.all)), least: Math.max(0, ...found.map((f) => f.least)) };
};

/**
 * The layout with the fewest tiles that fits. Where even one token at a time does not fit, that smallest layout is given,
 * and `fits` is false.
 */
export const fitLayout = (
  plan: Plan,
  sizes: Sizes,
  limits: RunLimits,
): { readonly layout: Layout; readonly fits: boolean } => {
  const { all, least } = extent(plan, sizes);
  const fits = (layout: Layout): boolean =>
    planBytes(plan, sizes, layout).run <= limits.bytes && layout.slots.every((s) => s.bytes <= limits.buffer);
  for (let rows = all; ; rows = Math.max(least, Math.ceil(rows / 2))) {
    const layout = layOut(plan, sizes, rows >= all ? Number.POSITIVE_INFINITY : rows, limits.elsewhere);
    if (fits(layout)) return { layout, fits: true };
    if (rows <= least) return { layout, fits: false };
  }
};

export type Fit = {
  readonly layout: Layout;
  readonly fits: boolean;
  /** Whether weights come and go during the run, and how many bytes of them may be there at once. */
  readonly streams: boolean;
  readonly room: number;
  /** All that the run takes, the weights that are there at once among it. */
  readonly bytes: number;
};

/**
 * The layout with the fewest tiles that fits beside all weights; where the smallest does not, beside those that some steps
 * need at once, `leastWeights`. `limits.bytes` are for weights and run together.
 */
export const fitRun = (plan: Plan, sizes: Sizes, limits: RunLimits, leastWeights: number): Fit => {
  const beside = (weights: number) => {
    const found = fitLayout(plan, sizes, { ...limits, bytes: limits.bytes - weights });
    return { ...found, run: planBytes(plan, sizes, found.layout).run, weights };
  };
  const all = weightBytes(plan);
  const whole = beside(all);
  const { layout, fits, run, weights } = whole.fits || all === leastWeights ? whole : beside(leastWeights);
  const streams = weights < all;
  const room = streams && fits ? limits.bytes - run : weights;
  return { layout, fits, streams, room, bytes: run + weights };
};

/** The tiles of a region under a limit of rows, first token to last: values of the tile symbols, one record a tile. */
export const tilesOf = ({ tokens, extras }: Region, sizes: Sizes, tileRows: number): readonly Sizes[] => {
  const T = valueOf(tokens, sizes);
  const tiles: Sizes[] = [];
  for (let begin = 0; begin < T; ) {
    let end = begin + 1;
    while (end < T && firstRow(end + 1, extras) - firstRow(begin, extras) <= tileRows) end++;
    tiles.push({
      [tileSymbols.firstToken]: begin,
      [tileSymbols.tokens]: end - begin,
      [tileSymbols.firstRow]: firstRow(begin, extras),
      [tileSymbols.rows]: firstRow(end, extras) - firstRow(begin, extras),
    });
    begin = end;
  }
  return tiles;
};
