// What was asked for? The command line, decoded; everything that is wrong with it is found before a process is started.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { shapes } from "../subject/shapes.ts";

/** Sizes that the peer knows under the same names. */
const shapeNames = Object.keys(shapes).filter((name) => name !== "tiny");

export type Subject =
  | { readonly kind: "checkpoint"; readonly folder: string }
  | { readonly kind: "shape"; readonly name: string };

export type Ask = {
  readonly subject: Subject;
  readonly tokens: readonly number[];
  readonly turns: number;
  /** Per process, after a first one that does not count. */
  readonly runs: number;
  /** Seconds that one process may take. */
  readonly limit: number;
  readonly python?: string;
  readonly peer?: string;
  readonly json: boolean;
};

const options = {
  model: { type: "string" },
  shape: { type: "string" },
  tokens: { type: "string", default: "16,64,128" },
  turns: { type: "string", default: "3" },
  runs: { type: "string", default: "2" },
  limit: { type: "string", default: "1800" },
  python: { type: "string" },
  peer: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

const usage = (where: string, expected: string, got: string, next?: string): Fault =>
  fault("usage", where, expected, got, next);

const isCount = (text: string): boolean => /^[1-9]\d{0,5}$/.test(text);

const countFaults = (values: Readonly<Record<string, string>>): readonly Fault[] =>
  Object.entries(values).flatMap(([name, text]) =>
    text.split(name === "tokens" ? "," : "\n").every(isCount)
      ? []
      : [usage(`--${name}`, name === "tokens" ? "numbers from 1 on, such as 16,64" : "a number from 1 on", text)],
  );

const folderFaults = (where: string, folder: string): readonly Fault[] => {
  if (!existsSync(folder)) return [usage(where, "a folder with a checkpoint", `no such folder: ${folder}`)];
  return existsSync(join(folder, "config.json")) ? [] : [usage(where, "a folder with a config.json", folder)];
};

const subjectOf = (
  { model, shape }: { readonly model?: string | undefined; readonly shape?: string | undefined },
  preset: string | undefined,
): E.Either<readonly Fault[], Subject> => {
  if (model !== undefined && shape !== undefined)
    return E.left([usage("--model and --shape", "one of them", "both", "leave one out")]);
  if (shape !== undefined)
    return shapeNames.includes(shape)
      ? E.right({ kind: "shape", name: shape })
      : E.left([usage("--shape", `one of ${shapeNames.join(", ")}`, shape)]);
  const [where, folder] = model === undefined ? ["DEPASS_SMOLLM2", preset] : ["--model", model];
  if (folder === undefined || folder === "")
    return E.left([usage("--model", "a folder with a checkpoint", "none", "or set DEPASS_SMOLLM2, or use --shape")]);
  const faults = folderFaults(where, folder);
  return faults.length > 0 ? E.left(faults) : E.right({ kind: "checkpoint", folder: resolve(folder) });
};

const peerFaults = (peer: string | undefined): readonly Fault[] =>
  peer === undefined || existsSync(peer) ? [] : [usage("--peer", "a Python script", `no such file: ${peer}`)];

/** `preset`: the folder to take where none is named. Faults: all that is wrong at once. */
export const askOf = (args: readonly string[], preset: string | undefined): E.Either<readonly Fault[], Ask> => {
  const parsed = E.tryCatch(
    () => parseArgs({ args: [...args], options }).values,
    (error): readonly Fault[] => [
      usage("arguments", "options that bench/peer.ts has", error instanceof Error ? error.message : String(error)),
    ],
  );
  if (E.isLeft(parsed)) return parsed;
  const { tokens, turns, runs, limit, python, peer, json, ...which } = parsed.right;
  const subject = subjectOf(which, preset);
  const faults = [
    ...(E.isLeft(subject) ? subject.left : []),
    ...countFaults({ tokens, turns, runs, limit }),
    ...peerFaults(peer),
  ];
  if (E.isLeft(subject) || faults.length > 0) return E.left(faults);
  return E.right({
    subject: subject.right,
    tokens: tokens.split(",").map(Number),
    turns: Number(turns),
    runs: Number(runs),
    limit: Number(limit),
    // A name is looked up in PATH, a path is the caller's.
    ...(python !== undefined && { python: /[\\/]/.test(python) ? resolve(python) : python }),
    ...(peer !== undefined && { peer: resolve(peer) }),
    json,
  });
};
