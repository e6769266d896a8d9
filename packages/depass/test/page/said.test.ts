import { test } from "uvu";
import * as assert from "uvu/assert";
import { bracketOf, chance, gapSaid, question, quotable, spelled, sureness } from "../../src/page/said.ts";

const target = { id: 1, text: " Mary", logit: 11.05, probability: 0.9236 };
const foil = { id: 2, text: " John", logit: 4.91, probability: 0.002 };

test("the question: what the model gives, and what the scores are of", () => {
  assert.is(
    question({ target, explained: 11.05 }),
    "The model gives “Mary” 92.36 %. Each score is what a part supplied to the logit of “Mary”: 11.0500.",
  );
  assert.is(
    question({ target, foils: [foil], explained: 6.1375 }),
    "The model gives “Mary” 92.36 % and “John” 0.20 %. Each score is what a part supplied to the logit of “Mary” above that of “John”: 6.1375.",
  );
  assert.match(question({ target, foils: [foil, foil], explained: 1 }), "above the mean of the foils': 1.0000.");
  assert.match(question({ target, to: "L3H1", explained: 1 }), "to what L3H1 adds to the logit of “Mary”: 1.0000.");
  assert.match(question({ target, explained: 471 }, 21), "to the sum of the logits of its 21 tokens: 471.0000.");
  assert.match(
    question({ target, foils: [foil], explained: 9 }, 2),
    "what the logits of its 2 tokens are above their foils'",
  );
  assert.match(
    question({ target, direction: true, explained: 2 }),
    "supplied to the state along the direction: 2.0000.",
  );
  assert.match(
    question({ target, to: "L3H1", direction: true, explained: 2 }),
    "what L3H1 adds along the direction: 2",
  );
  const bent = { ...target, explained: { logit: 40, softcap: 30 } };
  assert.match(question({ target: bent, explained: 40 }), "the logit of “Mary” before the softcap of 30: 40.0000.");
});

test("what is rare is not said to be nothing", () => {
  assert.equal([0, 2.9e-8, 1e-4, 0.5, 1].map(chance), ["0.00 %", "2.9e-8", "0.01 %", "50.00 %", "100.00 %"]);
});

test("a long text is quoted by its ends, a space by its picture, a command by its code", () => {
  assert.is(quotable(` ${"a".repeat(100)}${"b".repeat(100)}`), `${"a".repeat(40)} … ${"b".repeat(40)}`);
  assert.equal([" ", " a\u202e"].map(quotable), ["·", "a<U+202E>"]);
});

test("the gap is of all parts, or of each layer's where there are none", () => {
  assert.is(
    gapSaid({ parts: [{ name: "a", score: 1 }], gap: 7.6e-8 }),
    "The scores sum to it, but for 7.6e-8 of it (the gap).",
  );
  assert.match(gapSaid({ parts: [], gap: 1e-3 }), "In each layer all scores sum to it, but for 1.0e-3 of it");
});

const rules = {
  names: ["softmax 0.1", "max", "taylor"],
  scores: [
    [1, 4, -1, 0, 0],
    [2, 3, 1, 0, 0],
    [3, 2, -2, 0, 0],
  ],
  ...{ totals: [4, 6, 3], gaps: [0, 0, 0] },
  moved: [
    { rule: "max", distance: 0.144, order: 0.66 },
    { rule: "taylor", distance: 0.77, order: 0.93 },
  ],
};
const nameOf = (part: number): string => ["When", "Mary", "gave"][part] ?? "";

test("how sure: under how many rules the first stays first, and how far the others are", () => {
  const said = sureness("softmax 0.1", rules, nameOf).join(" ");
  assert.match(said, "“Mary” supplies most under 2 of 3 rules");
  assert.match(
    said,
    "Beside softmax 0.1, the others move the scores by 14 % to 77 % and keep 66 % to 93 % of the pairs",
  );
  const firm = { ...rules, scores: rules.scores.slice(0, 2), names: rules.names.slice(0, 2) };
  assert.match(sureness("softmax 0.1", firm, nameOf)[0] ?? "", "under all 2 rules");
  assert.match(sureness("max", undefined, nameOf).join(" "), "By one rule of sharing out what MLPs add, max;");
});

test("a score's brackets, and whether its sign stays", () => {
  assert.equal(bracketOf(rules, 1, 2), { least: 2, most: 4, sameSign: true, text: "(+2.00 to +4.00)" });
  assert.equal(bracketOf(rules, 2, 1), { least: -2, most: 1, sameSign: false, text: "(-2.0 to +1.0)" });
});

test("modules as one says them", () => {
  assert.equal(["L23H3", "L0 MLP", "L12 attention", "L1N99"].map(spelled), [
    "layer 23 head 3",
    "layer 0 MLP",
    "layer 12 attention",
    "layer 1N99",
  ]);
});

test.run();
