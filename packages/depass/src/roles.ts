// Parts that are the messages of a conversation: each message's content is a span under its role, and what the template wrote
// around them is `elsewhere`.
//
//   const made = orThrow(await chat(model, messages, { addGenerationPrompt: true })())
//   orThrow(await attribute(model, made.text, { seed: spanLevel(rolesOf(made)) })())
import type { Chat } from "@depass/models";
import type { Cut } from "./spans.ts";

/** One range for each message that is in the text. Roles that come again are numbered: `user`, `assistant`, `user 2`. */
export const rolesOf = ({ turns }: Chat): Exclude<Cut, string> => {
  const seen = new Map<string, number>();
  return turns.flatMap(({ role, content }) => {
    const times = (seen.get(role) ?? 0) + 1;
    seen.set(role, times);
    return content === undefined ? [] : [{ name: times === 1 ? role : `${role} ${times}`, ...content }];
  });
};
