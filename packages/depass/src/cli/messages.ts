// What is a conversation on the command line? A JSON array of { role, content }, as chat templates take it.
import { type Fault, fault } from "@depass/graph";
import { type Message, parseJson } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { all } from "./all.ts";

export type Messages = readonly Message[];

/** JSON that is no download of ours: it is to be corrected where it is. */
export const jsonIn = (text: string, where: string): E.Either<readonly Fault[], unknown> =>
  pipe(
    parseJson(text, where),
    E.mapLeft((faults) => faults.map((f) => fault("prompt", f.where, f.expected, f.got))),
  );

const WANTED = '{ "role": "user", "content": "…" }, both texts, the role not empty';

const whatIs = (value: unknown): string => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return `${JSON.stringify(value)}`.slice(0, 60);
  const unknown = Object.keys(value).find((key) => key !== "role" && key !== "content");
  if (unknown !== undefined) return `the key ${JSON.stringify(unknown)}`;
  return `${JSON.stringify(value)}`.slice(0, 60);
};

const isMessage = (value: unknown): value is Message => {
  const { role, content, ...others } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const isKnown = Object.keys(others).length === 0; // tools and pictures are not what templates are given here
  return typeof role === "string" && role !== "" && typeof content === "string" && isKnown;
};

/** Messages at `where`. Faults: no array of them, none in it, each that is none. */
export const messagesIn = (value: unknown, where: string): E.Either<readonly Fault[], Messages> => {
  if (!Array.isArray(value) || value.length === 0)
    return E.left([fault("prompt", where, `messages: [${WANTED}]`, Array.isArray(value) ? "none" : whatIs(value))]);
  return all(
    value.map((one: unknown, i) =>
      isMessage(one)
        ? E.right({ role: one.role, content: one.content })
        : E.left([fault("prompt", `${where} message ${i + 1}`, WANTED, whatIs(one))]),
    ),
  );
};

/** The same from their text. Faults: no JSON, too. */
export const messagesFrom = (text: string, where: string): E.Either<readonly Fault[], Messages> =>
  pipe(
    jsonIn(text, where),
    E.chain((value) => messagesIn(value, where)),
  );
