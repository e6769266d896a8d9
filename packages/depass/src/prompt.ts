// What is a prompt? A text, or a text with the places where special tokens that it spells are plain text: that is what
// `chat(model, messages, { specials: "text" })` makes of messages by people who must not end their turn.
import type { SplitSpecialTokens } from "@depass/models";

export type Prompt =
  | string
  | {
      readonly text: string;
      /** Everywhere, or ranges of characters: Tokenizer.encode. */
      readonly splitSpecialTokens?: SplitSpecialTokens;
    };

/** A prompt by its parts. */
export const promptParts = (prompt: Prompt): Exclude<Prompt, string> =>
  typeof prompt === "string" ? { text: prompt } : prompt;
