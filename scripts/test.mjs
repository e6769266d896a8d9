// `npm test [-- FILTER ...]`: every test file and every example, each in its own process, two at a time.
// A filter is a part of a path, with or without `packages/` and `test/`: `graph/dim`, `examples/`, `scripts/`. The output of
// a file is shown when it fails, and when it is the only one. Last come the skipped tests with their reasons and one line
// `N passed, N failed` (or `…, N skipped`); how things are counted stands in test-report.mjs. Status 1: a failure, or no test.

import { capture } from "./processes.mjs";
import { entries, filesUnder, inRepository, packages } from "./repository.mjs";
import { setUp } from "./setup.mjs";
import { lastLine, tallyProgram, tallyTests } from "./test-report.mjs";

/** @typedef {{ path: string, name: string, isExample: boolean }} TestFile */

const atOnce = 2;
/** Kernel tests on a software adapter take minutes; nothing takes this long. */
const limitSeconds = 600;

/** @returns {TestFile[]} */
const testFiles = () => {
  const tests = [
    ...packages().flatMap((folder) => filesUnder(`${folder}/test`, ".test.ts")),
    ...filesUnder("scripts/test", ".test.mjs"),
    ...filesUnder("examples", ".test.ts"),
  ];
  const examples = entries("examples").filter((name) => /^\d\d-.*\.ts$/.test(name));
  return [
    ...tests.map((path) => ({ path, name: path.replace(/^packages\//, "").replace("/test/", "/"), isExample: false })),
    ...examples.map((name) => ({ path: `examples/${name}`, name: `examples/${name}`, isExample: true })),
  ];
};

/** @param {TestFile} file */
const run = async ({ path, isExample }) => {
  const { FORCE_COLOR: _, ...env } = process.env;
  const script = isExample ? [inRepository(path)] : [inRepository("scripts", "test-file.mjs"), inRepository(path)];
  const ended = await capture(process.execPath, ["--import", "tsx", ...script], {
    env: { ...env, NO_COLOR: "1", TSX_TSCONFIG_PATH: inRepository("tsconfig.base.json") },
    limitSeconds,
  });
  return { ...(isExample ? tallyProgram(ended) : tallyTests(ended)), output: ended.output, seconds: ended.seconds };
};

/** @typedef {Awaited<ReturnType<typeof run>>} Result */

/** @param {TestFile} file @param {Result} result @param {boolean} showOutput */
const print = (file, result, showOutput) => {
  const counts = lastLine([result]);
  const head = `${result.failed ? "FAIL" : "ok  "} ${file.name}   ${counts}   ${result.seconds.toFixed(1)} s`;
  const trouble = result.trouble ? `     ${result.trouble}\n` : "";
  const output = result.failed || showOutput ? `${result.output.trimEnd().replace(/^/gm, "     ")}\n` : "";
  process.stdout.write(`${head}\n${trouble}${output}`);
};

/** @param {TestFile[]} files @returns {Promise<Result[]>} in the order of the files */
const runAll = async (files) => {
  /** @type {Result[]} */
  const results = [];
  const queue = files.entries();
  const worker = async () => {
    for (const [index, file] of queue) {
      const result = await run(file);
      results[index] = result;
      print(file, result, files.length === 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
};

const main = async () => {
  if (!(await setUp())) return [{ passed: 0, failed: 1, skipped: 0, skips: [] }];
  const filters = process.argv.slice(2);
  const files = testFiles().filter(
    ({ path, name }) =>
      filters.length === 0 || filters.some((filter) => path.includes(filter) || name.includes(filter)),
  );
  if (files.length === 0)
    console.log(`no test file ${filters.length ? `has ${filters.join(" or ")} in its path` : "yet"}`);
  const results = await runAll(files);
  const failing = files.filter((_, index) => results[index]?.failed);
  if (failing.length > 0) console.log(`\nfailed:\n${failing.map(({ name }) => `  ${name}`).join("\n")}`);
  const skips = files.flatMap(({ name }, index) => (results[index]?.skips ?? []).map((skip) => `  ${name}: ${skip}`));
  if (skips.length > 0) console.log(`\nskipped:\n${skips.join("\n")}`);
  return results;
};

const results = await main();
const ran = results.some(({ passed, skipped }) => passed + skipped > 0);
process.exitCode = ran && results.every(({ failed }) => failed === 0) ? 0 : 1;
console.log(`\n${lastLine(results)}`);
