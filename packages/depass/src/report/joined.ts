// Which tokens does a reader see as one? Those that divide one character, which no edge may stand within.
import type { Token } from "@depass/models";
import { graphemeBoundaries } from "./width.ts";

/** Whether a reader sees an edge between two tokens that follow each other. */
const divides = (before: Token, after: Token, boundaries: ReadonlySet<number>): boolean =>
  before.origin !== after.origin || (after.start >= before.end && boundaries.has(after.start));

/** Numbers of the tokens, in groups of whole characters. */
export const joined = (prompt: string, tokens: readonly Token[]): readonly (readonly number[])[] => {
  const boundaries = graphemeBoundaries(prompt);
  const groups: number[][] = [];
  tokens.forEach((token, i) => {
    const before = tokens[i - 1];
    if (before === undefined || divides(before, token, boundaries)) groups.push([i]);
    else groups.at(-1)?.push(i);
  });
  return groups;
};

/** The text of tokens that follow each other. */
export const textOf = (tokens: readonly Token[], prompt: string): string =>
  tokens.length === 1 && tokens[0]?.whole === true
    ? tokens[0].text
    : prompt.slice((tokens[0] as Token).start, Math.max(...tokens.map((t) => t.end)));
