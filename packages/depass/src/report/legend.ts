// What do the colours mean? The scale from one end to the other, with its numbers; nothing where there are no colours.
import type { Ink } from "./ink.ts";
import { decimalsFor, signed } from "./numbers.ts";

const HALF = 10; // columns a side

/** `opposes -9.52 ▆▆▆▆ +9.52 supports`. */
export const legend = (largest: number, ink: Ink): readonly string[] => {
  if (ink.plain || !(largest > 0)) return [];
  const at = Array.from({ length: 2 * HALF + 1 }, (_, i) => (i - HALF) / HALF);
  const scale = at.map((t) => ink.onScale(t)(t === 0 ? "0" : " ")).join("");
  const end = (sign: 1 | -1): string => signed(sign * largest, decimalsFor(largest));
  return [`${ink.dim(`opposes ${end(-1)}`)} ${scale} ${ink.dim(`${end(1)} supports`)}`];
};
