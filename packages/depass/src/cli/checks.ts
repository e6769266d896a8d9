// How a saved result and the same made again are held against each other: hashes are equal, numbers within a tolerance.
import { type Fault, fault } from "@depass/graph";
import type { BackendName } from "../backends.ts";
import type { Attribution } from "../result.ts";
import { print } from "./terminal.ts";

export type VerifyOptions = {
  readonly model?: string;
  readonly families?: string;
  readonly method?: string;
  readonly basis?: string;
  readonly direction?: string;
  readonly backend: BackendName;
  readonly adapter?: string;
  readonly memory?: number;
  readonly tolerance: number;
};

export type Check = { readonly what: string; readonly ok: boolean; readonly detail: string };

const same = (what: string, saved: string | undefined, now: string | undefined): Check => ({
  what,
  ok: saved === now,
  detail: saved === now ? `${saved?.slice(0, 16)}…` : `saved ${saved?.slice(0, 16)}…, now ${now?.slice(0, 16)}…`,
});

type Hashes = Pick<Attribution, "hashes">;

export const sameHashes = (saved: Hashes, now: Hashes): readonly Check[] => [
  same("weights", saved.hashes?.weights, now.hashes?.weights),
  same("graph", saved.hashes?.graph, now.hashes?.graph),
];

/** Norm of the difference over the norm of what was saved. */
export const apart = (saved: readonly number[], now: readonly number[]): number =>
  saved.length === now.length
    ? lengthOf(saved.map((s, i) => s - (now[i] as number))) / Math.max(lengthOf(saved), Number.MIN_VALUE)
    : Number.POSITIVE_INFINITY;

/** Of any number of values: a function takes only so many arguments. */
const lengthOf = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

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

const lineOf = ({ what, ok, detail }: Check): string => `${ok ? "ok    " : "DIFFERS"} ${what.padEnd(8)} ${detail}`;

/**
 * Prints a line for each; for one of several results a line for all that are well, and those that are not. Gives each that came out
 * otherwise as a fault.
 */
export const judged = (path: string, checks: readonly Check[], several = false): readonly Fault[] => {
  const wrong = checks.filter(({ ok }) => !ok);
  const summary = `${wrong.length === 0 ? "ok    " : "DIFFERS"} ${path}: ${checks.length - wrong.length} of ${checks.length}`;
  print((several ? [summary, ...wrong.map(lineOf)] : checks.map(lineOf)).join("\n"));
  return differs(path, checks);
};
