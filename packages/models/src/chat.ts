// What text is a conversation to a model, and where in it is each message? The template is rendered twice: as it is, and with
// signs that say where contents are (chat/places.ts).
//
//   const { text, turns } = orThrow(await chat(model, [{ role: "user", content: "Hi" }], { addGenerationPrompt: true })())

import type { Faulty } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { contentsIn, type Message, marked, planeFor, type Turn, turnsOf, writtenOf } from "./chat/places.ts";
import { render } from "./chat/render.ts";
import { refused, type Spelled, spelledIn } from "./chat/spelled.ts";
import { chatTemplateOf } from "./chat/template.ts";
import type { Checkpoint } from "./checkpoint/opened.ts";
import type { TextRange, Tokenizer } from "./tokenizer/built.ts";

export type { Message, Turn } from "./chat/places.ts";
export { refused as refuseSpecials, type Spelled, spelledIn } from "./chat/spelled.ts";

export type ChatOptions = {
  /** End with what comes before an answer, so that the model goes on with one. Default: false. */
  readonly addGenerationPrompt?: boolean;
  /**
   * What to do with a content that spells special tokens, which are in `spelled`: `read` them as such, as transformers does
   * (the default); or, for contents from people who must not end their turn or begin another, `refuse` it, or make plain
   * `text` of them, by `splitSpecialTokens`.
   */
  readonly specials?: "read" | "refuse" | "text";
};

/** A conversation as text. What begins it (BOS) is in the text where the template writes it: encode with `special: "once"`. */
export type Chat = {
  readonly text: string;
  readonly turns: readonly Turn[];
  /** Special tokens that contents spell: the model reads them as if the template had written them, unless they are text. */
  readonly spelled: readonly Spelled[];
  /** With `specials: "text"`: all contents, for Tokenizer.encode. */
  readonly splitSpecialTokens?: readonly TextRange[];
};

/** What of a model a conversation is made with. */
export type Speaker = {
  readonly checkpoint: Pick<Checkpoint, "folder" | "chat">;
  readonly tokenizer: Pick<Tokenizer, "encode">;
};

/**
 * The text of a conversation by the template of the model's maker, and where each message is in it.
 * Faults (tags `chat`, `file`, `json`, `tokenizer`): no messages, no template, those of render, what there is no token for;
 * with `specials: "refuse"` contents that spell special tokens, with `"text"` those that the template changes or leaves out.
 */
export const chat = (
  { checkpoint, tokenizer }: Speaker,
  messages: readonly Message[],
  options: ChatOptions = {},
): Faulty<Chat> =>
  pipe(
    TE.fromEither(planeFor(messages)),
    TE.bindTo("plane"),
    TE.bind("spelled", () =>
      TE.fromEither(
        pipe(
          spelledIn(tokenizer, messages),
          E.flatMap((found) => (options.specials === "refuse" ? refused("messages", found) : E.right(found))),
        ),
      ),
    ),
    TE.bind("template", () => chatTemplateOf(checkpoint)),
    TE.bind("texts", ({ plane, template: { template, tokens, where } }) => {
      const variables = { ...tokens, add_generation_prompt: options.addGenerationPrompt ?? false };
      const both = [messages, messages.map(marked(plane))].map((each) => ({ ...variables, messages: each }));
      return render(template, both, where);
    }),
    TE.flatMapEither(({ plane, texts: [text = "", withSigns = ""], spelled }) => {
      const written = writtenOf(text, withSigns, plane);
      const made: Chat = { text, turns: turnsOf(messages, written), spelled };
      return options.specials === "text"
        ? E.map((splitSpecialTokens: readonly TextRange[]) => ({ ...made, splitSpecialTokens }))(
            contentsIn(messages, written),
          )
        : E.right(made);
    }),
  );
