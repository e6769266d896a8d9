// How is JSON from outside read without hiding what it says? JSON.parse keeps the last of two equal keys and builds
// any depth of nesting; both are found here by a scan before anything is built. Text in, value or faults out.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { clip, list } from "./describe.ts";

const DEEPEST = 64; // levels; real files nest five deep, and every level costs the parser memory

const escaped = (text: string, at: number): boolean => {
  let slashes = 0;
  while (text[at - 1 - slashes] === "\\") slashes += 1;
  return slashes % 2 === 1;
};

/** Index of the quote that ends the string opened at `open`, or -1. */
const closing = (text: string, open: number): number => {
  let at = text.indexOf('"', open + 1);
  while (at >= 0 && escaped(text, at)) at = text.indexOf('"', at + 1);
  return at;
};

const isSpace = (char: string | undefined): boolean => char === " " || char === "\n" || char === "\r" || char === "\t";

const isKey = (text: string, end: number): boolean => {
  let at = end + 1;
  while (isSpace(text[at])) at += 1;
  return text[at] === ":";
};

/** Two spellings of one key (`"a"`, `"\u0061"`) are one key. */
const keyOf = (quoted: string): string =>
  quoted.includes("\\")
    ? pipe(
        E.tryCatch(() => String(JSON.parse(quoted)), String),
        E.getOrElse(() => quoted),
      )
    : quoted.slice(1, -1);

type Scan = { readonly repeated: readonly string[]; readonly tooDeep: boolean };

/** What JSON.parse would hide. Total on any text; whether it is JSON at all is for the parser to say. */
const scan = (text: string): Scan => {
  const repeated = new Set<string>();
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "{" || char === "[") open.push(char === "{" ? new Set() : undefined);
    if (char === "}" || char === "]") open.pop();
    if (open.length > DEEPEST) return { repeated: [...repeated], tooDeep: true };
    if (char !== '"') continue;
    const end = closing(text, at);
    if (end < 0) break;
    const keys = open.at(-1);
    if (keys !== undefined && isKey(text, end)) {
      const key = keyOf(text.slice(at, end + 1));
      if (keys.has(key)) repeated.add(key);
      keys.add(key);
    }
    at = end;
  }
  return { repeated: [...repeated], tooDeep: false };
};

/**
 * The JSON value of `text`; `where` names its source in faults.
 * Faults (tag `json`): not JSON, nested deeper than 64 levels, a key twice in one object.
 */
export const parseJson = (text: string, where: string): E.Either<readonly Fault[], unknown> => {
  const { repeated, tooDeep } = scan(text);
  if (tooDeep) return E.left([fault("json", where, `JSON at most ${DEEPEST} levels deep`, "deeper nesting")]);
  if (repeated.length > 0) {
    const next = "which of them is meant cannot be told: download the file again or correct it";
    return E.left([fault("json", where, "every key once", `repeated ${list(repeated)}`, next)]);
  }
  return E.tryCatch(
    () => JSON.parse(text) as unknown,
    (error) => [fault("json", where, "JSON", clip(String(error)), "download the file again")],
  );
};

/** UTF-8 bytes as text. A byte order mark is kept, so that JSON after one is refused. */
export const decodeUtf8 = (bytes: Uint8Array, where: string): E.Either<readonly Fault[], string> =>
  E.tryCatch(
    () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    () => [fault("json", where, "UTF-8 text", "bytes that are not UTF-8")],
  );
