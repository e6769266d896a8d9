// How much does the page carry and draw? Scores by layer grow with the prompt: past a limit only the parts with the largest
// scores at any layer are kept, and the page says so.
import type { AttributionJson, PartScore } from "../result.ts";

/** Scores by layer, or by new token, in the page's data: about 4 MB of text. */
export const MOST_NUMBERS = 200_000;
/** Cells drawn at once: browsers stay quick with so many. */
export const MOST_CELLS = 12_000;

/** Numbers of the parts that fit, in their order: those whose score is the largest at any layer. */
export const largestParts = ({ parts, layers = [] }: Pick<AttributionJson, "parts" | "layers">, most: number) => {
  const fitting = Math.max(1, Math.floor(most / Math.max(1, layers.length)));
  const all = parts.map((_, i) => i);
  if (parts.length <= fitting) return all;
  const largest = all.map((i) => layers.reduce((m, { scores }) => Math.max(m, Math.abs(scores[i] ?? 0)), 0));
  const kept = new Set([...all].sort((a, b) => (largest[b] as number) - (largest[a] as number)).slice(0, fitting));
  return all.filter((i) => kept.has(i));
};

export type Thinned = {
  readonly result: AttributionJson;
  /** Numbers of the parts whose scores by layer are in `result`, where not all are; the others' are 0 there. */
  readonly kept?: readonly number[];
  /** How many parts promoted and suppressed tokens, where not all of them still have theirs. */
  readonly speaking?: number;
};

/** Scores that a part's words may take the room of: they are about as long as 30, and have a third of the room. */
const WORDS = 100;

const speaks = ({ promotes, suppresses }: PartScore): boolean => promotes !== undefined || suppresses !== undefined;

/** Of parts with words those with the largest scores keep theirs. */
const quieted = (result: AttributionJson, most: number): Thinned => {
  const speaking = result.parts.flatMap((part, i) => (speaks(part) ? [i] : []));
  const fitting = Math.max(1, Math.floor(most / WORDS));
  if (speaking.length <= fitting) return { result };
  const size = (i: number): number => Math.abs(result.parts[i]?.score ?? 0);
  const kept = new Set([...speaking].sort((a, b) => size(b) - size(a)).slice(0, fitting));
  const parts = result.parts.map((part, i) => {
    const { promotes: _, suppresses: _s, ...silent } = part;
    return kept.has(i) ? part : silent;
  });
  return { result: { ...result, parts }, speaking: speaking.length };
};

export const thinned = (whole: AttributionJson, most: number): Thinned => {
  const { result, ...rest } = quieted(whole, most);
  const { layers, parts } = result;
  if (layers === undefined || layers.length * parts.length <= most) return { result, ...rest };
  const kept = largestParts(result, most);
  const isKept = new Set(kept);
  const left = layers.map((l) => ({ ...l, scores: l.scores.map((s, i) => (isKept.has(i) ? s : 0)) }));
  return { result: { ...result, layers: left }, kept, ...rest };
};
