// Parts that are the messages of a conversation: each message's content is a span under its role, and what the template wrote
// around them is `elsewhere`.
//
//   const made = orThrow(await chat(model, messages, { addGenerationPrompt: true })())
//   await attribute(model, made, { seed: rolesLevel() })
import { type Fault, fault } from "@depass/graph";
import type { Chat } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import type { Level } from "./level.ts";
import type { EncodedPrompt } from "./prompt.ts";
import { type Cut, type Span, spanLevel, spansOf } from "./spans.ts";

/** One range for each message that is in the text. Roles that come again are numbered: `user`, `assistant`, `user 2`. */
export const rolesOf = ({ turns }: Pick<Chat, "turns">): Exclude<Cut, string> => {
  const seen = new Map<string, number>();
  return turns.flatMap(({ role, content }) => {
    const times = (seen.get(role) ?? 0) + 1;
    seen.set(role, times);
    return content === undefined ? [] : [{ name: times === 1 ? role : `${role} ${times}`, ...content }];
  });
};

/** The messages of a prompt as its spans. Faults: a prompt that is no conversation, one whose template leaves no message as it is. */
export const roleSpans = (encoding: EncodedPrompt): E.Either<readonly Fault[], readonly Span[]> => {
  const { turns } = encoding;
  if (turns === undefined)
    return E.left([
      fault("seed", "roles", "a conversation", "a text", "give what chat() makes; or --chat, or --messages"),
    ]);
  const roles = rolesOf({ turns });
  return roles.length > 0
    ? spansOf(encoding, roles)
    : E.left([fault("seed", "roles", "a chat template that writes contents as they are", "none of them in the text")]);
};

/** Each message of a conversation is a part, as its tokens' states enter a layer; of prompts that chat() made. */
export const rolesLevel = (layer = 0): Level => spanLevel(roleSpans, layer);
