// What text is a conversation to a model, and where in it is each message? The template is rendered twice: as it is, and with
// signs around every message's content that no text has, so that places are found and not guessed.
//
//   const { text, turns } = orThrow(await chat(model, [{ role: "user", content: "Hi" }], { addGenerationPrompt: true })())

import { type Fault, type Faulty, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { render } from "./chat/render.ts";
import { type Spelled, spelledIn } from "./chat/spelled.ts";
import { chatTemplateOf } from "./chat/template.ts";
import type { Checkpoint } from "./checkpoint/opened.ts";
import { clip, list } from "./describe.ts";
import type { Tokenizer } from "./tokenizer/built.ts";

export type Message = { readonly role: string; readonly content: string };

export type ChatOptions = {
  /** End with what comes before an answer, so that the model goes on with one. Default: false. */
  readonly addGenerationPrompt?: boolean;
  /**
   * What to do with a content that spells special tokens: `read` them as such, as transformers does (the default; `spelled`
   * lists them), or `refuse` it, for contents from people who must not end their turn or begin another.
   */
  readonly specials?: "read" | "refuse";
};

/** Characters: UTF-16 code units, `start` to before `end`. */
type Range = { readonly start: number; readonly end: number };

export type Turn = {
  readonly role: string;
  /** The name of the role, where the template writes it before the content. */
  readonly name?: Range;
  /** Absent where there is none: no content, or a template that leaves it out or writes it otherwise. */
  readonly content?: Range;
};

/** A conversation as text. What begins it (BOS) is in the text where the template writes it: encode with `special: "once"`. */
export type Chat = {
  readonly text: string;
  readonly turns: readonly Turn[];
  /** Special tokens that contents spell: the model reads them as if the template had written them. */
  readonly spelled: readonly Spelled[];
};

/** What of a model a conversation is made with. */
export type Speaker = {
  readonly checkpoint: Pick<Checkpoint, "folder" | "chat">;
  readonly tokenizer: Pick<Tokenizer, "encode">;
};

/** Planes for private use: two signs for each message. */
const PLANES = [0xf0000, 0x100000];
const MOST_MESSAGES = 30_000;

const isIn = (char: string, plane: number): boolean => ((char.codePointAt(0) as number) & 0x1f0000) === plane;

const isFree = (text: string, plane: number): boolean => !Array.from(text).some((char) => isIn(char, plane));

const signs = (plane: number, message: number): readonly [string, string] => [
  String.fromCodePoint(plane + 2 * message),
  String.fromCodePoint(plane + 2 * message + 1),
];

/** Signs inside of the spaces at both ends: templates trim. */
const marked =
  (plane: number) =>
  ({ role, content }: Message, message: number): Message => {
    const core = content.trim();
    const at = content.indexOf(core);
    const [open, close] = signs(plane, message);
    const inside = `${open}${core}${close}`;
    return core === ""
      ? { role, content }
      : { role, content: content.slice(0, at) + inside + content.slice(at + core.length) };
  };

/** A text without its signs, and where each was. */
const unmarked = (
  text: string,
  plane: number,
): { readonly text: string; readonly places: ReadonlyMap<string, number> } => {
  const places = new Map<string, number>();
  let plain = "";
  for (const char of text) {
    if (isIn(char, plane)) places.set(char, plain.length);
    else plain += char;
  }
  return { text: plain, places };
};

/** With the spaces of the content that the template left. */
const widened = (text: string, content: string, { start, end }: Range): Range => {
  const at = content.indexOf(content.trim());
  const [before, after] = [content.slice(0, at), content.slice(at + end - start)];
  return {
    start: text.slice(0, start).endsWith(before) ? start - before.length : start,
    end: text.startsWith(after, end) ? end + after.length : end,
  };
};

const turnsOf = (messages: readonly Message[], text: string, places: ReadonlyMap<string, number>, plane: number) => {
  let from = 0; // behind the message before
  return messages.map(({ role, content }, message): Turn => {
    const [start, end] = signs(plane, message).map((sign) => places.get(sign));
    if (start === undefined || end === undefined) return { role };
    const found = widened(text, content, { start, end });
    const name = role === "" ? -1 : text.slice(from, found.start).lastIndexOf(role);
    const named = name < 0 ? {} : { name: { start: from + name, end: from + name + role.length } };
    from = found.end;
    return { role, ...named, content: found };
  });
};

const planeFor = (messages: readonly Message[]): E.Either<readonly Fault[], number> => {
  if (messages.length === 0 || messages.length > MOST_MESSAGES)
    return E.left([fault("chat", "messages", `1 to ${MOST_MESSAGES} of them`, `${messages.length}`)]);
  const plane = PLANES.find((each) => messages.every(({ role, content }) => isFree(role + content, each)));
  return plane === undefined
    ? E.left([fault("chat", "messages", "texts without characters of both planes for private use", "both")])
    : E.right(plane);
};

const accepted = (
  spelled: readonly Spelled[],
  { specials = "read" }: ChatOptions,
): E.Either<readonly Fault[], readonly Spelled[]> => {
  const texts = [...new Set(spelled.map(({ text }) => JSON.stringify(clip(text))))];
  const next = "take them out, or allow them with specials: read";
  return specials === "read" || spelled.length === 0
    ? E.right(spelled)
    : E.left([fault("chat", "messages", "contents that spell no special tokens", list(texts), next)]);
};

/**
 * The text of a conversation by the template of the model's maker, and where each message is in it.
 * Faults (tags `chat`, `file`, `json`, `tokenizer`): no messages, no template, those of render, what there is no token for,
 * and with `specials: "refuse"` contents that spell special tokens.
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
          E.flatMap((found) => accepted(found, options)),
        ),
      ),
    ),
    TE.bind("template", () => chatTemplateOf(checkpoint)),
    TE.bind("texts", ({ plane, template: { template, tokens, where } }) => {
      const variables = { ...tokens, add_generation_prompt: options.addGenerationPrompt ?? false };
      const both = [messages, messages.map(marked(plane))].map((each) => ({ ...variables, messages: each }));
      return render(template, both, where);
    }),
    TE.map(({ plane, texts, spelled }): Chat => {
      const [text = "", withSigns = ""] = texts;
      const found = unmarked(withSigns, plane);
      // A template that looks into the contents may write another text when there are signs: then places are not known.
      const places = found.text === text ? found.places : new Map<string, number>();
      return { text, turns: turnsOf(messages, text, places, plane), spelled };
    }),
  );
