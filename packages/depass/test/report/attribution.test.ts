import { stripVTControlCharacters } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { report } from "../../src/report/attribution.ts";
import { inkOf, plainInk } from "../../src/report/ink.ts";
import { widthOf } from "../../src/report/width.ts";
import { attributionOf } from "./tokens.ts";

const sample = attributionOf(["The", " capital"], [1, 3]);

test("the whole report, without colours", () => {
  assert.equal(report(sample, { ink: plainInk, columns: 60, all: false, own: true }), [
    "The│ capital ▸ Paris",
    "",
    "#  token       score                                   share",
    "0  The        +1.000  │████████▌                      25.0 %",
    "1  ·capital   +3.000  │██████████████████████████     75.0 %",
    "   bias        0.000  │                                0.0 %",
    "   remainder   0.000  │                                0.0 %",
    "   total      +4.000",
    "",
    'target   " Paris" (#7), logit 4.0000, probability 25.00 %,',
    "         the likeliest next token",
    "sum      parts 4.0000, logit 4.0000, relative gap 0.0e+0",
    "method   rule softmax 0.1; seed token from",
    "         layers.0.resid_pre",
    "model    models/demo (llama, 2 layers)",
    "backend  reference on f64 evaluator in JavaScript: asked for",
    "         by name",
    "time     load 0.10 s, prepare 1.50 s, run 1 min 15 s",
  ]);
});

test("what a part promotes has a line under the table; no token commands the terminal", () => {
  const promotes = [
    { id: 1, text: " Par\u001b[31m", score: 2 },
    { id: 2, text: "\n", score: 1 },
  ];
  const suppresses = [{ id: 3, text: "\u202eevil", score: -1.5 }];
  const parts = sample.parts.map((part, i) => (i === 1 ? { ...part, promotes, suppresses } : part));
  const lines = report({ ...sample, parts }, { ink: plainInk, columns: 110, all: false, own: true });
  const found = lines.find((line) => line.startsWith("·capital")) ?? "";
  assert.match(found, "+2.00");
  assert.match(found, "-1.50");
  assert.not.ok(["\u001b", "\u202e"].some((c) => lines.join("").includes(c)));
  assert.is(lines.filter((line) => line.includes("+2.00")).length, 1);
});

test("with a softcap the sum is compared with what stands before it", () => {
  const bent = {
    ...sample,
    target: { ...sample.target, logit: 3.9, explained: { logit: 4, softcap: 30 } },
  };
  const lines = report(bent, { ink: plainInk, columns: 100, all: false, own: true });
  assert.ok(lines.includes("sum      parts 4.0000, logit before the softcap of 30 4.0000, relative gap 0.0e+0"));
  assert.ok(lines.some((line) => line.includes("logit 3.9000")));
});

test("colours change no character but the edges and add the legend", () => {
  const lines = report(sample, { ink: inkOf(24), columns: 60, all: false, own: true }).map(stripVTControlCharacters);
  assert.is(lines[0], "The capital ▸ Paris");
  assert.match(lines[2] ?? "", "opposes -3.000");
  assert.equal(lines.slice(4), report(sample, { ink: plainInk, columns: 60, all: false, own: true }).slice(2));
});

test("many tokens: the largest, unless all are asked for", () => {
  const long = attributionOf(
    Array.from({ length: 40 }, (_, i) => ` w${i}`),
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  const some = report(long, { ink: plainInk, columns: 80, all: false, own: false });
  assert.ok(some.includes("the 30 largest of 40 tokens; --all shows all"));
  assert.ok(some.some((line) => line.includes("10 others")));
  const all = report(long, { ink: plainInk, columns: 80, all: true, own: false });
  assert.not.ok(all.some((line) => line.includes("others")));
  assert.ok([...some, ...all].every((line) => widthOf(line) <= 80));
});

test("a text of the model can command nothing", () => {
  const evil = attributionOf(["\x1b[2J", "\u202e", "\x07"], [1, 2, 3]);
  const text = report(evil, { ink: plainInk, columns: 80, all: true, own: false }).join("");
  assert.not.match(text, /\p{Cc}|\u202e/u);
});

test("parts that are no tokens leave the prompt without colours; a span colours its tokens", () => {
  const o = { ink: inkOf(24), columns: 60, all: false, own: true } as const;
  const heads = report({ ...sample, parts: [{ name: "L0H0", score: 4 }] }, o);
  assert.not.match(heads[0] ?? "", "48;2;250;140;40");
  const span = report({ ...sample, parts: [{ name: "The capital", score: 4, tokens: [0, 1] }] }, o);
  assert.match(span[0] ?? "", "48;2;250;140;40;38;2;0;0;0mThe capital");
});

test("a piece of a character is told with the character", () => {
  const whole = attributionOf(["日"], [1]);
  const tokens = [{ ...whole.tokens[0], whole: false, text: "<0xE6>" }] as typeof whole.tokens;
  const [row] = report(
    { ...whole, tokens, parts: [{ name: "<0xE6>", score: 1, token: 0 }] },
    {
      ink: plainInk,
      columns: 80,
      all: true,
      own: false,
    },
  ).slice(3, 4);
  assert.match(row ?? "", "<0xE6> of 日");
});

test.run();
