// What the end of one test process means in numbers, and how numbers read. Pure.
//
// How a test counts:
// - passed and failed are uvu's own summary (failed = Total - Passed; uvu exits 0 where a `before` hook threw).
// - A file that ends without a summary, with a summary of no test at all (a suite without `.run()`), with another status
//   than 0 or at its time limit is one failure, unless its failures are counted already.
// - A test that cannot run here prints `skipped: NAME: REASON` on a line of its own and either returns (uvu then counts it
//   as passed) or registers itself with `test.skip` (uvu then counts it as skipped, without its name). Either way it is
//   one skipped test: skipped = max(uvu's Skipped, such lines), and lines beyond uvu's Skipped are taken from passed.
// - An example is one test: passed when its status is 0.

import { stripVTControlCharacters } from "node:util";

/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string[]} skips `NAME: REASON`
 * @property {string | null} trouble why the process itself counts as a failure
 */

const summary = /\n {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)\n/g;
/** On its own line for the test that prints it; uvu's dots and the suite's name may stand before it. */
const skipLine = /(?:^|[•✘] | {2})skipped: (\S.*: .*\S)/gm;

/** @param {string} output @returns {string[]} each once, however often it was printed */
const skipsIn = (output) => [
  ...new Set([...stripVTControlCharacters(output).matchAll(skipLine)].map(([, text = ""]) => text)),
];

/**
 * @param {{ total: number, passed: number, skipped: number }} counts
 * @param {string[]} skips
 * @param {string | null} trouble
 * @returns {Tally}
 */
const tally = ({ total, passed, skipped }, skips, trouble) => {
  const failed = total - passed;
  const returnedEarly = Math.max(0, skips.length - skipped);
  return {
    passed: Math.max(0, passed - returnedEarly),
    failed: trouble && failed === 0 ? 1 : failed,
    skipped: skipped + returnedEarly,
    skips,
    trouble,
  };
};

/** @param {import("./processes.mjs").Ended} ended */
const troubleOf = ({ code, trouble }) => trouble ?? (code === 0 ? null : `exit status ${code}`);

/** A test file run by test-file.mjs. @param {import("./processes.mjs").Ended} ended @returns {Tally} */
export const tallyTests = (ended) => {
  // The last one is uvu's: what tests print comes before it.
  const found = [...stripVTControlCharacters(ended.stdout).matchAll(summary)].at(-1);
  const skips = skipsIn(ended.output);
  const [total = 0, passed = 0, skipped = 0] = found?.slice(1).map(Number) ?? [];
  const failed = total > passed;
  const troubles = [
    // uvu's status 1 says what its numbers say.
    failed && ended.code === 1 ? null : troubleOf(ended),
    found ? null : "ended before its tests did",
    total + skipped + skips.length === 0 ? "no test ran (is a `.run()` missing?)" : null,
    failed && ended.code === 0 ? "a hook threw before the tests; uvu keeps its error to itself" : null,
  ];
  return tally({ total, passed, skipped }, skips, troubles.find((trouble) => trouble !== null) ?? null);
};

/** An example, or any other program that is one test. @param {import("./processes.mjs").Ended} ended @returns {Tally} */
export const tallyProgram = (ended) => {
  const trouble = troubleOf(ended);
  return tally({ total: 1, passed: trouble ? 0 : 1, skipped: 0 }, skipsIn(ended.output), trouble);
};

/** The last line of a run. @param {readonly Pick<Tally, "passed" | "failed" | "skipped">[]} tallies */
export const lastLine = (tallies) => {
  /** @param {"passed" | "failed" | "skipped"} key */
  const sum = (key) => tallies.reduce((total, one) => total + one[key], 0);
  return `${sum("passed")} passed, ${sum("failed")} failed${sum("skipped") ? `, ${sum("skipped")} skipped` : ""}`;
};
