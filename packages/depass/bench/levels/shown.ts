// What does a cell measure, and how does it read in the table?
import type { Foreseen } from "@depass/graph";
import { showBytes } from "@depass/kernels";
import * as t from "io-ts";

/** The line of JSON that the process of a cell prints; NaN, where a system does not tell bytes, is null there. */
export const cell = t.type({ gap: t.number, seconds: t.number, run: t.union([t.number, t.null]), most: t.number });
export type Cell = t.TypeOf<typeof cell>;

export type Plan = { readonly parts: number; readonly bytes: Foreseen | undefined };

export const mib = (bytes: number | null | undefined): string =>
  bytes === undefined || bytes === null ? "–" : (bytes / 2 ** 20).toFixed(1);

/** Gap, seconds, and bytes as planned and as measured; planned ones alone where nothing ran. */
export const shown = ({ bytes }: Plan, found: Cell | undefined): string =>
  found === undefined
    ? `${mib(bytes?.activations)} MiB`
    : `${found.gap.toExponential(1)}, ${found.seconds.toFixed(3)} s, ${mib(bytes?.activations)} / ${mib(found.run)} MiB`;

export type Pair = { readonly planned: number; readonly most: number };

/** How far from their plans the cells were at most, all bytes of them. */
export const allBytes = (pairs: readonly Pair[]): string => {
  const off = pairs.map(({ planned, most }) => most / planned - 1).sort((a, b) => a - b);
  const [least, greatest] = [off[0] ?? Number.NaN, off.at(-1) ?? Number.NaN];
  const most = Math.max(...pairs.map((pair) => pair.most));
  const percent = (x: number): string => `${x < 0 ? "" : "+"}${(100 * x).toFixed(1)} %`;
  return `\nin all: ${showBytes(most)} at most; measured beside planned ${percent(least)} to ${percent(greatest)}`;
};
