// Where does the command's text go? To the process's own streams: with the ink and the width they have.

import { type Ink, inkFor } from "../report/ink.ts";
import { harmless } from "../report/visible.ts";

/** Columns where nothing tells them. */
const USUAL = 100;

export const columnsOf = (stream: NodeJS.WriteStream): number =>
  Math.max(20, stream.columns ?? (Number(process.env.COLUMNS) || USUAL));

export const stdoutInk = (): Ink => inkFor(process.stdout.isTTY === true, process.env);

export const print = (text: string): void => {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
};

/** One line per problem on stderr, each under the command's name. */
export const complain = (message: string): void => {
  process.stderr.write(
    harmless(message)
      .trimEnd()
      .split("\n")
      .map((line) => `depass: ${line}\n`)
      .join(""),
  );
};

/** Whoever reads may stop reading (`| head`): what is still to be written then has no reader, and that is no error. */
export const quietWhenUnread = (): void => {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return;
      process.exitCode = 1;
      if (stream === process.stdout) complain(`standard output: ${error.message}`);
    });
};
