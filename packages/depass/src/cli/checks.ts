// How a saved result and the same made again are held against each other: hashes are equal, numbers within a tolerance.
import { type Fault, type Faulty, fault } from "@depass/graph";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { BackendName } from "../backends.ts";
import { print } from "./terminal.ts";

export type VerifyOptions = {
  readonly model?: string;
  readonly families?: string;
  readonly backend: BackendName;
  readonly adapter?: string;
  readonly memory?: number;
  readonly tolerance: number;
};

export type Check = { readonly what: string; readonly ok: boolean; readonly detail: string };

export const same = (what: string, saved: string | undefined, now: string | undefined): Check => ({
  what,
  ok: saved === now,
  detail: saved === now ? `${saved?.slice(0, 16)}…` : `saved ${saved?.slice(0, 16)}…, now ${now?.slice(0, 16)}…`,
});

/** Norm of the difference over the norm of what was saved. */
export const apart = (saved: readonly number[], now: readonly number[]): number =>
  saved.length === now.length
    ? Math.hypot(...saved.map((s, i) => s - (now[i] as number))) / Math.max(Math.hypot(...saved), Number.MIN_VALUE)
    : Number.POSITIVE_INFINITY;

export const within = (what: string, error: number, tolerance: number): Check => ({
  what,
  ok: error <= tolerance,
  detail: `${error.toExponential(1)} of ${tolerance.toExponential(1)}`,
});

export const noCall = (path: string): readonly Fault[] => [
  fault(
    "result",
    path,
    "the call that made it, as --save writes it",
    "none",
    "a result saved from a script is made again by that script",
  ),
];

const differs = (path: string, checks: readonly Check[]): readonly Fault[] =>
  checks.flatMap(({ what, ok, detail }) => (ok ? [] : [fault("verify", `${path}: ${what}`, "what was saved", detail)]));

/** Prints a line for each. Faults: each that came out otherwise. */
export const judged = (path: string, checks: readonly Check[]): Faulty<void> => {
  print(checks.map(({ what, ok, detail }) => `${ok ? "ok    " : "DIFFERS"} ${what.padEnd(8)} ${detail}`).join("\n"));
  return checks.every(({ ok }) => ok) ? TE.right(undefined) : TE.left(differs(path, checks));
};
