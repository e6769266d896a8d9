import { test } from "uvu";
import * as assert from "uvu/assert";
import { lastLine, tallyProgram, tallyTests } from "../test-report.mjs";

/** uvu's summary. @param {number} total @param {number} passed @param {number} skipped */
const summary = (total, passed, skipped) =>
  `• • \n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1.00ms\n\n`;

/** @param {string} stdout @param {Partial<import("../processes.mjs").Ended>} [rest] */
const ended = (stdout, rest = {}) => ({ code: 0, trouble: null, stdout, output: stdout, seconds: 0, ...rest });

/** @param {import("../test-report.mjs").Tally} tally */
const counts = ({ passed, failed, skipped }) => [passed, failed, skipped];

test("uvu's own numbers", () => {
  assert.equal(counts(tallyTests(ended(summary(3, 3, 2)))), [3, 0, 2]);
  assert.equal(counts(tallyTests(ended(summary(3, 1, 0), { code: 1 }))), [1, 2, 0]);
});

test("failures count where uvu exits 0, as after a hook that threw", () => {
  const tally = tallyTests(ended(summary(3, 0, 0)));
  assert.equal(counts(tally), [0, 3, 0]);
  assert.match(tally.trouble ?? "", "hook");
});

test("the last summary is uvu's", () => {
  assert.equal(counts(tallyTests(ended(summary(9, 9, 0) + summary(1, 1, 0)))), [1, 0, 0]);
});

test("colours do not hide the summary", () => {
  const coloured = summary(2, 2, 0).replace("\n  Passed:    2", "\u001b[32m\n  Passed:    2\u001b[39m");
  assert.equal(counts(tallyTests(ended(coloured))), [2, 0, 0]);
});

test("a file that ran nothing is a failure", () => {
  const tally = tallyTests(ended(summary(0, 0, 0)));
  assert.equal(counts(tally), [0, 1, 0]);
  assert.match(tally.trouble ?? "", ".run()");
});

test("so is a crash, an early end, a time limit and a bad status after good tests", () => {
  assert.equal(counts(tallyTests(ended("", { code: 1 }))), [0, 1, 0]);
  assert.equal(counts(tallyTests(ended("• "))), [0, 1, 0]);
  assert.equal(counts(tallyTests(ended(summary(2, 2, 0), { code: null, trouble: "still running" }))), [2, 1, 0]);
  assert.equal(counts(tallyTests(ended(summary(2, 2, 0), { code: 3 }))), [2, 1, 0]);
  assert.is(tallyTests(ended(summary(2, 1, 0), { code: 139 })).trouble, "exit status 139");
});

test("a skip line is one skipped test, however it skipped", () => {
  const line = "• skipped: runs on the GPU: no adapter\n";
  assert.equal(counts(tallyTests(ended(line + summary(3, 3, 0)))), [2, 0, 1]);
  assert.equal(counts(tallyTests(ended(line + summary(3, 3, 1)))), [3, 0, 1]);
  assert.equal(counts(tallyTests(ended(line + summary(0, 0, 1)))), [0, 0, 1]);
  assert.equal(tallyTests(ended(line + summary(3, 3, 0))).skips, ["runs on the GPU: no adapter"]);
});

test("a skip line is found after uvu's dots and suite names, and counts once", () => {
  const lines =
    " matmul  skipped: a: b\n matmul  • • skipped: c: d\nskipped: c: d\nnothing was skipped: so: it seems\n";
  assert.equal(tallyTests(ended(lines + summary(4, 4, 0))).skips, ["a: b", "c: d"]);
});

test("an example is one test", () => {
  assert.equal(counts(tallyProgram(ended("fine\n"))), [1, 0, 0]);
  assert.equal(counts(tallyProgram(ended("", { code: 1 }))), [0, 1, 0]);
  assert.equal(counts(tallyProgram(ended("skipped: 03: no checkpoint\n"))), [0, 0, 1]);
});

test("the last line", () => {
  assert.is(lastLine([{ passed: 2, failed: 0, skipped: 0 }]), "2 passed, 0 failed");
  const both = [
    { passed: 2, failed: 1, skipped: 0 },
    { passed: 1, failed: 0, skipped: 3 },
  ];
  assert.is(lastLine(both), "3 passed, 1 failed, 3 skipped");
});

test.run();
