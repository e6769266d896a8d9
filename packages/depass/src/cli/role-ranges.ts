// The messages of a conversation as ranges of its text: a call that names them asks for the same parts of the text alone.
import type { Fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { type Prompt, promptParts } from "../prompt.ts";
import { rolesOf } from "../roles.ts";
import { usage } from "./outcome.ts";

const rangesOf = (prompt: Prompt): readonly string[] => {
  const { turns = [] } = promptParts(prompt);
  return rolesOf({ turns }).map(({ name, start, end }) => `${name}=${start}-${end}`);
};

/** The options of a call that was asked of a prompt, as they are kept. */
export const withRanges = <C extends { readonly seed?: unknown }>(call: C, prompt: Prompt): C =>
  call.seed === "roles" ? { ...call, seed: "ranges", range: rangesOf(prompt) } : call;

/** Options of `generate`. Faults: a prompt that is no conversation, or has no place for any of its messages. */
export const rangesForRoles = <O extends { readonly parts?: unknown }>(
  options: O,
  prompt: Prompt,
): E.Either<readonly Fault[], O> => {
  if (options.parts !== "roles") return E.right(options);
  const range = rangesOf(prompt);
  return range.length > 0
    ? E.right({ ...options, parts: "ranges", range })
    : E.left([
        usage("--parts roles", "--chat or --messages with it, by a template that writes them as they are", "none"),
      ]);
};
