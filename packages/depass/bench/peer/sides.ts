// How is one turn of either side run? Each in a process of its own, whose wall time, output and end are the answer.
import { fileURLToPath } from "node:url";
import { type Fault, type Faulty, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { capture } from "../../../../scripts/processes.mjs";
import { allButLast, attribution, lastLine, type Ours, ours, peakLine, peers } from "./answers.ts";
import type { Subject } from "./ask.ts";
import type { Present } from "./find.ts";
import type { Answer } from "./graphs.ts";
import { medianOf } from "./spread.ts";

/** Seconds and bytes of one process. */
export type Turn = {
  /** Median of the runs that count. */
  readonly seconds: number;
  /** The run before them. */
  readonly first: number;
  /** The rest of the process: its start, the checkpoint, its end. */
  readonly setUp: number;
  readonly peak: number;
};

export type Run = {
  readonly subject: Subject;
  readonly tokens: readonly number[];
  readonly runs: number;
  /** Seconds that the process may take. */
  readonly limit: number;
  /** Where the parts of the last run go. */
  readonly save?: string;
};

type Ended = { readonly stdout: string; readonly seconds: number };

const runner = fileURLToPath(new URL("../../../../scripts/run.mjs", import.meta.url));
const programs = "packages/depass/bench/peer";

const TAIL = 12; // lines of what a process said that failed

const indented = (output: string): string => output.trimEnd().split("\n").slice(-TAIL).join("\n  ");

/** Faults: it could not be started, was ended, ran past the limit or had another status than 0; with its last words. */
const ended = (what: string, file: string, args: readonly string[], limitSeconds: number): Faulty<Ended> =>
  pipe(
    TE.fromTask(() => capture(file, args, { limitSeconds })),
    TE.filterOrElse(
      ({ code, trouble }) => code === 0 && trouble === null,
      ({ code, trouble, output }): readonly Fault[] => [
        fault("bench", what, "an end with status 0", `${trouble ?? `status ${code}`}:\n  ${indented(output)}`),
      ],
    ),
  );

/** One of the repository's programs, by its path there. */
export const programAt = (what: string, path: string, args: readonly string[], limit: number): Faulty<Ended> =>
  ended(what, process.execPath, [runner, path, ...args], limit);

const program = (what: string, file: string, args: readonly string[], limit: number): Faulty<Ended> =>
  programAt(what, `${programs}/${file}`, args, limit);

const option = (name: string, value: string | undefined): readonly string[] =>
  value === undefined ? [] : [name, value];

const runArgs = ({ tokens, runs, save }: Run): readonly string[] => [
  ...["--tokens", tokens.join(), "--runs", `${runs}`],
  ...option("--save", save),
];

/** Our worker, with its own account of itself. */
export const runOurs = (run: Run, answer: Answer): Faulty<readonly [said: Ours, wall: number]> => {
  const { subject } = run;
  const which = subject.kind === "checkpoint" ? ["--model", subject.folder] : ["--shape", subject.name];
  return pipe(
    program(`ours (${answer})`, "worker.ts", ["--answer", answer, ...which, ...runArgs(run)], run.limit),
    TE.chainEitherK(({ stdout, seconds }) =>
      pipe(
        lastLine(ours, stdout, "ours"),
        E.map((said) => [said, seconds] as const),
      ),
    ),
  );
};

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** A turn of ours at one length. */
export const turnOfOurs = ([{ lengths, peak }, wall]: readonly [said: Ours, wall: number]): Turn => {
  const taken = lengths.flatMap(({ first, seconds }) => [first, ...seconds]);
  const [{ first, seconds } = { first: Number.NaN, seconds: [] }] = lengths;
  return { seconds: medianOf(seconds), first, setUp: wall - total(taken), peak };
};

/** The peer tells the median of its runs, which is their mean where there are two or fewer. */
export const runPeer = ({ executable, script }: Present, run: Run): Faulty<Turn> => {
  const { subject } = run;
  const which = subject.kind === "checkpoint" ? ["--checkpoint", subject.folder] : ["--shape", subject.name];
  return pipe(
    ended("the peer", executable, [script, ...which, ...runArgs(run)], run.limit),
    TE.chainEitherK(({ stdout, seconds: wall }) =>
      pipe(
        lastLine(peers, stdout, "the peer"),
        E.map(({ seconds, first, peak_bytes: peak }) => ({
          seconds,
          first,
          setUp: wall - first - run.runs * seconds,
          peak,
        })),
      ),
    ),
  );
};

/** One call of `depass attribute` from a shell. */
export type Cold = { readonly wall: number; readonly ready: number; readonly run: number; readonly peak: number };

export const prompt = "The capital of France is";

export const runCold = (folder: string, limit: number): Faulty<Cold> => {
  const args = ["attribute", "--model", folder, "--prompt", prompt, "--json", "--backend", "cpu"];
  return pipe(
    program("depass attribute", "cold.ts", args, limit),
    TE.chainEitherK(({ stdout, seconds }) =>
      pipe(
        E.Do,
        E.bind("peak", () => lastLine(peakLine, stdout, "depass attribute")),
        E.bind("said", () => allButLast(attribution, stdout, "depass attribute")),
        E.map(({ peak: { peak }, said: { times } }) => ({ wall: seconds, ready: times.prepare, run: times.run, peak })),
      ),
    ),
  );
};
