// Where in the text that a template writes is each message? The template is also rendered with signs around every message's
// content that no text has, so that places are found and not guessed.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { list } from "../describe.ts";
import type { TextRange } from "../tokenizer/plain.ts";

export type Message = { readonly role: string; readonly content: string };

export type Turn = {
  readonly role: string;
  /** The name of the role, where the template writes it before the content. */
  readonly name?: TextRange;
  /** Absent where there is none: no content, or a template that leaves it out or writes it otherwise. */
  readonly content?: TextRange;
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

/** A plane whose signs no message has. Faults: no messages, too many, characters of both planes. */
export const planeFor = (messages: readonly Message[]): E.Either<readonly Fault[], number> => {
  if (messages.length === 0 || messages.length > MOST_MESSAGES)
    return E.left([fault("chat", "messages", `1 to ${MOST_MESSAGES} of them`, `${messages.length}`)]);
  const plane = PLANES.find((each) => messages.every(({ role, content }) => isFree(role + content, each)));
  return plane === undefined
    ? E.left([fault("chat", "messages", "texts without characters of both planes for private use", "both")])
    : E.right(plane);
};

/** Signs inside of the spaces at both ends: templates trim. */
export const marked =
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

/** Where the signs of each message were, in the text without them: `[begin, end, begin, …]` where all is well. */
type Marks = ReadonlyMap<number, readonly Mark[]>;
type Mark = { readonly at: number; readonly isEnd: boolean };

/** What a template wrote, without signs, and where they were. */
export type Written = { readonly text: string; readonly marks: Marks };

const unmarked = (text: string, plane: number): Written => {
  const marks = new Map<number, Mark[]>();
  let plain = "";
  for (const char of text) {
    const sign = (char.codePointAt(0) as number) - plane;
    if (!isIn(char, plane)) plain += char;
    else {
      const own = marks.get(sign >> 1) ?? [];
      own.push({ at: plain.length, isEnd: sign % 2 === 1 });
      marks.set(sign >> 1, own);
    }
  }
  return { text: plain, marks };
};

/** A template that looks into the contents may write another text when there are signs: then places are not known. */
export const writtenOf = (text: string, withSigns: string, plane: number): Written => {
  const found = unmarked(withSigns, plane);
  return found.text === text ? found : { text, marks: new Map() };
};

/** With the spaces of the content that the template left. */
const widened = (text: string, content: string, { start, end }: TextRange): TextRange => {
  const at = content.indexOf(content.trim());
  const [before, after] = [content.slice(0, at), content.slice(at + end - start)];
  return {
    start: text.slice(0, start).endsWith(before) ? start - before.length : start,
    end: text.startsWith(after, end) ? end + after.length : end,
  };
};

/** Each message's role and content in the text; of a content that is there more than once, the last. */
export const turnsOf = (messages: readonly Message[], { text, marks }: Written): readonly Turn[] => {
  let from = 0; // behind the message before
  return messages.map(({ role, content }, message): Turn => {
    const own = marks.get(message) ?? [];
    const [start, end] = [own.findLast((m) => !m.isEnd)?.at, own.findLast((m) => m.isEnd)?.at];
    if (start === undefined || end === undefined) return { role };
    const found = widened(text, content, { start, end });
    const name = role === "" ? -1 : text.slice(from, found.start).lastIndexOf(role);
    const named = name < 0 ? {} : { name: { start: from + name, end: from + name + role.length } };
    from = found.end;
    return { role, ...named, content: found };
  });
};

/** Every place of a content, as often as the template writes it; none where it writes anything else of it. */
const placesOf = (content: string, { text, marks }: Written, message: number): readonly TextRange[] => {
  const own = marks.get(message) ?? [];
  const pairs = own.flatMap(({ at, isEnd }, i) => (isEnd ? [] : [{ start: at, end: own[i + 1]?.at ?? at }]));
  const isPaired = own.every(({ isEnd }, i) => isEnd === (i % 2 === 1));
  const isWhole = pairs.every(({ start, end }) => text.slice(start, end) === content.trim());
  return isPaired && isWhole ? pairs.map((pair) => widened(text, content, pair)) : [];
};

/** All places of all contents. Faults: contents that the template changes or leaves out, of which nobody can say where they are. */
export const contentsIn = (
  messages: readonly Message[],
  written: Written,
): E.Either<readonly Fault[], readonly TextRange[]> => {
  const places = messages.map(({ content }, message) => placesOf(content, written, message));
  const lost = messages.flatMap(({ content }, i) => (content.trim() === "" || places[i]?.length ? [] : [`${i + 1}`]));
  const expected = "a template that writes contents as they are, where special tokens in them are to be text";
  const next = "take out what the template changes, or use specials: refuse";
  return lost.length === 0
    ? E.right(places.flat())
    : E.left([fault("chat", "messages", expected, `another text for message ${list(lost)}`, next)]);
};
