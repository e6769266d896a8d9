// Which stretches of the prompt stand for which parts? Tokens that divide one character are one piece with all their parts;
// a span's tokens are one piece with one part. Where the parts are heads or neurons, a piece has none.
import type { Token } from "@depass/models";
import type { Attribution, PartScore } from "../result.ts";
import { joined, textOf } from "./joined.ts";

export type Piece = {
  /** Characters that no token has, between the piece before and this one. */
  readonly before: string;
  readonly text: string;
  /** Not from the text but put there by the tokenizer. */
  readonly added: boolean;
  /** Numbers of its tokens and of its parts. */
  readonly tokens: readonly number[];
  readonly parts: readonly number[];
  /** Sum of its parts' scores. */
  readonly score: number;
};

/** The tokens that a part began at. */
export const tokensOfPart = ({ token, tokens }: PartScore): readonly number[] =>
  tokens ?? (token === undefined ? [] : [token]);

type Group = { readonly tokens: readonly number[]; readonly parts: readonly number[] };

const goesOn = (before: Group | undefined, { parts }: Group): boolean =>
  parts.length === 1 && before?.parts.length === 1 && before.parts[0] === parts[0];

const joinSpans = (groups: readonly Group[]): readonly Group[] => {
  const found: Group[] = [];
  for (const group of groups) {
    const before = found.at(-1);
    if (before !== undefined && goesOn(before, group))
      found[found.length - 1] = { ...before, tokens: [...before.tokens, ...group.tokens] };
    else found.push(group);
  }
  return found;
};

/** The prompt from its first token to its last. */
export const piecesOf = ({
  prompt,
  tokens,
  parts,
}: Pick<Attribution, "prompt" | "tokens" | "parts">): readonly Piece[] => {
  const partOf = new Map(parts.flatMap((part, i) => tokensOfPart(part).map((token) => [token, i] as const)));
  const groups = joined(prompt, tokens).map((own) => ({
    tokens: own,
    parts: [...new Set(own.flatMap((t) => partOf.get(t) ?? []))],
  }));
  let end = 0;
  return joinSpans(groups).map((group): Piece => {
    const own = group.tokens.map((t) => tokens[t] as Token);
    const before = prompt.slice(end, own[0]?.start);
    end = Math.max(end, ...own.map((t) => t.end));
    return {
      ...group,
      before,
      text: textOf(own, prompt),
      added: own[0]?.origin === "tokenizer",
      score: group.parts.reduce((sum, i) => sum + (parts[i] as PartScore).score, 0),
    };
  });
};
