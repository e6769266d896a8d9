// What is a prompt? A text, or what `chat(model, messages)` makes of a conversation: a text with the places of its messages, and,
// with `{ specials: "text" }`, those where special tokens that it spells are plain text.
import type { Encoding, SplitSpecialTokens, Turn } from "@depass/models";

export type Prompt =
  | string
  | {
      readonly text: string;
      /** Everywhere, or ranges of characters: Tokenizer.encode. */
      readonly splitSpecialTokens?: SplitSpecialTokens;
      /** Of a conversation: where its messages are, for rolesLevel(). */
      readonly turns?: readonly Turn[];
    };

/** A prompt's tokens, and what else is known of it. */
export type EncodedPrompt = Encoding & { readonly turns?: readonly Turn[] };

/** A prompt by its parts. */
export const promptParts = (prompt: Prompt): Exclude<Prompt, string> =>
  typeof prompt === "string" ? { text: prompt } : prompt;
