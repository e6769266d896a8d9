import { test } from "uvu";
import * as assert from "uvu/assert";
import { spreadOf } from "../../../bench/peer/spread.ts";
import { disagreeing, markdown, report, spread } from "../../../bench/peer/table.ts";
import type { Row } from "../../../bench/peer/turns.ts";

const side = (seconds: readonly number[], peak: number) => ({
  seconds: spreadOf(seconds),
  first: spreadOf([1]),
  setUp: spreadOf([2]),
  peak: spreadOf([peak * 2 ** 20]),
});

const alone: Row = { tokens: 16, answer: "one", ours: { ...side([0.2, 0.21, 0.19], 700), ready: spreadOf([1.5]) } };
const beside: Row = {
  ...alone,
  answer: "all",
  peer: side([0.4, 0.5, 0.4], 1400),
  time: spreadOf([2, 2.4, 2.1]),
  memory: spreadOf([2]),
  agreement: { last: 1e-6, all: 2e-6 },
};
const lengths = {
  ...{ device: "cores", model: "a model", startUp: 0.3, ready: 1, peak: 1 },
  lengths: [{ tokens: 16, first: 0.5, seconds: [0.2, 0.4] }],
};

test("columns are as wide as their widest cell, and missing cells are empty", () => {
  assert.equal(markdown(["a", "long"], [["100", "1"], ["2"]]), [
    "|   a | long |",
    "| --: | ---: |",
    "| 100 |    1 |",
    "|   2 |      |",
  ]);
});

test("least and most are shown where they read otherwise than the median", () => {
  const show = (x: number): string => x.toFixed(1);
  assert.is(spread(spreadOf([1, 1.3, 1.1]), show, " s"), "1.1 s (1.0–1.3)");
  assert.is(spread(spreadOf([1.01, 1.02]), show, " s"), "1.0 s");
  assert.is(spread(undefined, show), "–");
});

test("a row with a peer and one without", () => {
  const lines = report({ rows: [alone, beside], lengths });
  const [first] = lines.flatMap((line, i) => (line.startsWith("| tokens") ? [i] : []));
  assert.is(
    lines.slice(first, (first ?? 0) + 4).join("\n"),
    `
| tokens | positions |                  ours |              the peer |        peer / ours |     difference |
| -----: | --------: | --------------------: | --------------------: | -----------------: | -------------: |
|     16 |  the last | 0.200 s (0.190–0.210) |                     – |                  – |              – |
|     16 |       all | 0.200 s (0.190–0.210) | 0.400 s (0.400–0.500) | 2.10 × (2.00–2.40) | 1.0e-6, 2.0e-6 |
`.trim(),
  );
  assert.ok(lines.includes("|     16 |   0.500 s |    0.300 s |"));
  assert.not(lines.some((line) => line.startsWith("Cold") || line.includes("do not compute the same")));
});

test("sides that differ are told, and so is a difference that is no number", () => {
  const rows = [
    beside,
    { ...beside, agreement: { last: 1e-6, all: 0.2 } },
    { ...beside, agreement: { last: Number.NaN } },
  ];
  assert.is(disagreeing(rows).length, 2);
  assert.match(
    report({ rows, lengths }).at(-3) ?? "",
    "They do not compute the same at 16 tokens (all): 1.0e-6, 2.0e-1",
  );
});

test.run();
