// pnpm conformance [DIR] [--backend NAME] [--adapter NAME] [--only FOLDER] [--match TEXT]... [--families MODULE]: every folder of
// DIR (default: ../shared/goldens beside the repository) against the expected values in it, families of one's own too, or those
// tensors of it that have a TEXT in their line's name. One line a tensor with its relative error; exit status 1 past a tolerance.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { showFaults } from "@depass/graph";
import type { Families } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { type BackendName, backendNames, openBackend } from "../src/backends.ts";
import { readFamilies } from "../src/cli/families.ts";
import { type Outcome, passes, showOutcome, type Terms } from "./compare.ts";
import { checkFamily } from "./family.ts";
import { checkGguf } from "./gguf.ts";
import { checkPrompts } from "./prompts.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const shared = resolve(root, "../shared");

/**
 * Largest relative error (norm of the difference over the norm). The reference values of the tiny models come from
 * Hugging Face's eager code in float64, which still computes norms, softmax and rotary tables in float32: its own noise is
 * 2e-7 to 6e-7, whatever computes the same in true f64 (docs/conformance.md). Device backends add f32 rounding.
 * Expected values stored in f64 (conformance/exact) have no such noise, and the evaluator none but that of another order.
 */
const EXACT = 1e-9;
const tolerances = {
  reference: { tiny: { rounded: 1e-6, exact: EXACT }, prompts: { rounded: 5e-5, exact: EXACT } },
  device: { tiny: { rounded: 2e-5, exact: 2e-5 }, prompts: { rounded: 5e-5, exact: 5e-5 } },
} as const;

const fail = (text: string, status: number): never => {
  console.error(`conformance: ${text}`);
  process.exit(status);
};

const foldersOf = (directory: string): readonly string[] =>
  existsSync(directory) && statSync(directory).isDirectory()
    ? readdirSync(directory)
        .filter((name) => statSync(join(directory, name)).isDirectory())
        .sort()
    : fail(`${directory}: expected a folder of folders with expected values`, 2);

/** The unpacked SmolLM2: where DEPASS_SMOLLM2 says, or unpacked once by the script beside the expected values. */
const smollm2 = (directory: string): string | undefined => {
  if (process.env.DEPASS_SMOLLM2 !== undefined) return process.env.DEPASS_SMOLLM2;
  const script = [resolve(directory, "../models/unpack.mjs"), join(shared, "models/unpack.mjs")].find(existsSync);
  if (script === undefined) return undefined;
  const out = join(tmpdir(), "depass-smollm2");
  execFileSync(process.execPath, [script, out], { stdio: "inherit" });
  return out;
};

const checkFolder = async (
  directory: string,
  name: string,
  { backend, isWanted }: Omit<Terms, "tolerance">,
  families: Families,
  report: (outcomes: readonly Outcome[]) => void,
): Promise<void> => {
  const folder = join(directory, name);
  const has = (file: string): boolean => existsSync(join(folder, file));
  const tolerance = backend.name === "reference" ? tolerances.reference : tolerances.device;
  const terms = (what: keyof typeof tolerance): Terms => ({ backend, isWanted, tolerance: tolerance[what] });
  const failed = (result: E.Either<Parameters<typeof showFaults>[0], unknown>): void => {
    if (E.isLeft(result)) report([{ kind: "failed", name: "run", reason: showFaults(result.left) }]);
  };
  if (has("config.json") && has("forward.safetensors")) {
    const result = await checkFamily(folder, has("depass.json"), terms("tiny"), families)();
    if (E.isRight(result)) report(result.right);
    failed(result);
  } else if (has("index.json")) {
    const model = smollm2(directory);
    if (model === undefined)
      report([{ kind: "uncovered", name: "prompts", reason: "no SmolLM2 here: set DEPASS_SMOLLM2" }]);
    else failed(await checkPrompts(folder, model, terms("prompts"), report)());
  } else if (has("types.gguf")) {
    failed(await checkGguf(folder, resolve(directory, "../models"), terms("prompts"), report)());
  } else
    report([
      { kind: "uncovered", name: "folder", reason: "not yet covered: no forward.safetensors and no index.json" },
    ]);
};

const options = (): {
  readonly directory: string;
  readonly backend: BackendName;
  readonly adapter?: string;
  readonly only?: string;
  readonly match?: readonly string[];
  readonly families?: string;
} => {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        backend: { type: "string", default: "auto" },
        adapter: { type: "string" },
        only: { type: "string" },
        match: { type: "string", multiple: true },
        families: { type: "string" },
      },
    });
    const backend =
      backendNames.find((b) => b === values.backend) ??
      fail(`--backend: expected one of ${backendNames.join(", ")}, got ${values.backend}`, 2);
    const { adapter, only, match, families } = values;
    return {
      directory: resolve(positionals[0] ?? join(shared, "goldens")),
      backend,
      ...(adapter === undefined ? {} : { adapter }),
      ...(only === undefined ? {} : { only }),
      ...(match === undefined ? {} : { match }),
      ...(families === undefined ? {} : { families }),
    };
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), 2);
  }
};

const main = async (): Promise<void> => {
  const { directory, only, match, families, ...choice } = options();
  const own = await readFamilies(families)();
  if (E.isLeft(own)) return fail(showFaults(own.left), 2);
  const opened = await openBackend(choice)();
  if (E.isLeft(opened)) return fail(showFaults(opened.left), 1);
  const { backend, why } = opened.right;
  console.log(`${directory} on ${backend.name}, ${backend.device} (${why})`);
  const isWanted = (name: string): boolean => match?.some((text) => name.includes(text)) ?? true;
  const all: Outcome[] = [];
  for (const name of foldersOf(directory).filter((f) => only === undefined || f === only))
    await checkFolder(directory, name, { backend, isWanted }, own.right, (outcomes) => {
      all.push(...outcomes);
      for (const o of outcomes) console.log(showOutcome(name, o));
    });
  await backend.close();
  const count = (kind: Outcome["kind"]): number => all.filter((o) => o.kind === kind).length;
  const bad = all.filter((o) => !passes(o)).length;
  const counted = [`${count("undecided")} undecided by rounding`, `${count("uncovered")} not yet covered`];
  console.log([`${count("compared")} tensors compared, ${bad} failed`, ...counted].join(", "));
  process.exitCode = bad > 0 || count("compared") + count("undecided") === 0 ? 1 : 0;
};

await main();
