import { test } from "uvu";
import * as assert from "uvu/assert";
import { progressLine } from "../../src/cli/progress.ts";

const stage = (isTTY: boolean) => {
  const written: string[] = [];
  let milliseconds = 0;
  const stream = { isTTY, columns: 60, write: (text: string) => written.push(text.trim()) };
  return {
    written,
    line: progressLine(stream, () => milliseconds),
    wait: (ms: number) => {
      milliseconds += ms;
    },
  };
};

const at = (done: number) => ({ done, total: 10, what: "" });

test("nothing for two seconds, then ten times a second at most, and cleared at the end", () => {
  const { written, line, wait } = stage(true);
  const report = line.phase("running");
  report(at(0));
  wait(1999);
  report(at(1));
  assert.equal(written, []);
  wait(1);
  report(at(2));
  wait(99);
  report(at(3));
  wait(1);
  report(at(5));
  line.clear();
  assert.equal(written, ["20 %  running, about 8 s left", "50 %  running, about 3 s left", ""]);
});

test("nothing at all where no terminal is, and nothing to clear before the first line", () => {
  const { written, line, wait } = stage(false);
  wait(5000);
  line.phase("running")(at(5));
  line.say("running");
  line.clear();
  assert.equal(written, []);
  const quick = stage(true);
  quick.line.phase("running")(at(5));
  quick.line.clear();
  assert.equal(quick.written, []);
});

test("each phase has a clock of its own", () => {
  const { written, line, wait } = stage(true);
  line.phase("reading weights")(at(0));
  wait(6000);
  const running = line.phase("running");
  running(at(0));
  wait(1000);
  running(at(5));
  assert.equal(written, ["0 %  running", "50 %  running, about 1 s left"]);
});

test.run();
