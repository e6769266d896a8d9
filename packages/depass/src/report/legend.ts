// What do the colours mean? The scale from one end to the other, with its numbers; nothing where there are no colours.
import type { Ink } from "./ink.ts";
import { decimalsFor, signed } from "./numbers.ts";

const HALF = 10; // columns a side, where there is room for them

/** `opposes -9.52 ▆▆▆▆ +9.52 supports`, in as many columns as there are. */
export const legend = (largest: number, ink: Ink, columns: number): readonly string[] => {
  if (ink.plain || !(largest > 0)) return [];
  const end = (sign: 1 | -1): string => signed(sign * largest, decimalsFor(largest));
  const [low, high] = [`opposes ${end(-1)}`, `${end(1)} supports`];
  const room = columns - low.length - high.length - " 0 ".length;
  const half = Math.max(1, Math.min(HALF, Math.floor(room / 2)));
  const at = Array.from({ length: 2 * half + 1 }, (_, i) => (i - half) / half);
  const scale = at.map((t) => ink.onScale(t)(t === 0 ? "0" : " ")).join("");
  return [`${ink.dim(low)} ${scale} ${ink.dim(high)}`];
};
