// What text does a template write? Templates are programs of whoever made the model: they may loop, or fill the memory in one
// step, which ends a process and not only a thread. So they run in a process of their own, with little memory and time.
// Template and variables go in as JSON on its input, the texts come back on its output.

import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { type Fault, type Faulty, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { clip } from "../describe.ts";

const require = createRequire(import.meta.url);

const SECONDS = 5; // to start a process on a busy machine; a template takes milliseconds
const MEGABYTES = 256; // of memory
const MOST = 32 * 2 ** 20; // bytes of output; no context is nearly as long

/** All of the other process. Its arguments: where the library is. */
const program = `
const { Template } = require(process.argv[1]);
let given = "";
process.stdin.setEncoding("utf8").on("data", (text) => { given += text; }).on("end", () => {
  const { template, variables } = JSON.parse(given);
  let answer;
  try {
    const ready = new Template(template);
    answer = { texts: variables.map((each) => ready.render(each)) };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(JSON.stringify(answer));
});`;

export type Variables = Readonly<Record<string, unknown>>;

type Answer = { readonly texts: readonly string[] } | { readonly error: string };

const DISTRUST = "do not use this template, or have it looked at";

const wrong = (where: string, expected: string, got: string, next: string): E.Either<readonly Fault[], never> =>
  E.left([fault("chat", where, expected, got, next)]);

type Ended = { readonly code?: unknown; readonly killed?: boolean };

/** How a process ended that did not answer. */
const unanswered = (where: string, { code, killed }: Ended): E.Either<readonly Fault[], never> => {
  if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER")
    return wrong(where, `at most ${MOST / 2 ** 20} MiB of text`, "more", DISTRUST);
  return killed === true
    ? wrong(where, `a text within ${SECONDS} s`, "no end", DISTRUST)
    : wrong(where, `a text with ${MEGABYTES} MB of memory`, "a template that takes more", DISTRUST);
};

const answered = (where: string, output: string): E.Either<readonly Fault[], readonly string[]> => {
  const answer = JSON.parse(output) as Answer;
  return "texts" in answer
    ? E.right(answer.texts)
    : wrong(where, "a template that can be applied to these messages", clip(answer.error), "see what it asks for");
};

/**
 * The texts that a template writes, one for each of `variables`.
 * Faults (tag `chat`): not a template, one that refuses its messages, that has no end, or takes more memory than it may.
 */
export const render =
  (template: string, variables: readonly Variables[], where: string): Faulty<readonly string[]> =>
  () =>
    new Promise((resolve) => {
      const library = require.resolve("@huggingface/jinja");
      const child = execFile(
        process.execPath,
        [`--max-old-space-size=${MEGABYTES}`, "-e", program, library],
        { timeout: SECONDS * 1000, killSignal: "SIGKILL", maxBuffer: MOST, env: {} },
        (error, output) => resolve(error === null ? answered(where, output) : unanswered(where, error)),
      );
      child.stdin?.on("error", () => undefined); // a process that ended early says so itself
      child.stdin?.end(JSON.stringify({ template, variables }));
    });
