import { test } from "uvu";
import * as assert from "uvu/assert";
import { overwrite, progressText } from "../../src/report/progress.ts";

test("percent, what and the time left", () => {
  const at = { done: 25, total: 100, what: "attend at layers.3" };
  assert.is(progressText("running", at, 4), " 25 %  running: attend at layers.3, about 12 s left");
  assert.is(
    progressText("running", { ...at, done: 5 }, 60),
    "  5 %  running: attend at layers.3, about 19 min 0 s left",
  );
});

test("nothing is guessed at the beginning, and a phase is not told twice", () => {
  assert.is(
    progressText("reading weights", { done: 0, total: 10, what: "reading weights" }, 3),
    "  0 %  reading weights",
  );
  assert.is(progressText("running", { done: 0, total: 0, what: "" }, 3), "  0 %  running");
});

test("a line covers what was there and leaves the last column free", () => {
  assert.is(overwrite("ab", 6), "\rab   \r");
  assert.is(overwrite("abcdefgh", 6), "\rabcd…\r");
});

test.run();
