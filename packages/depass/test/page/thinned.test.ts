import { test } from "uvu";
import * as assert from "uvu/assert";
import { largestParts, MOST_NUMBERS, thinned } from "../../src/page/thinned.ts";
import { toJson } from "../../src/result.ts";
import { attributionOf } from "../report/tokens.ts";

const layer = (site: string, scores: readonly number[]) => ({ site, scores, explained: 1 });
const sample = toJson({
  ...attributionOf(["a", "b", "c"], [1, 2, 3]),
  layers: [layer("layers.0.resid_pre", [1, -9, 2, 0, 0]), layer("resid_final", [5, 0, 1, 0, 0])],
});

test("what fits is kept as it is", () => {
  assert.equal(thinned(sample, 10), { result: sample });
  assert.is(thinned(sample, MOST_NUMBERS).result, sample);
});

test("what does not fit keeps the parts with the largest scores of any sign at any layer, and says which", () => {
  assert.equal(largestParts(sample, 4), [0, 1]);
  const { result, kept } = thinned(sample, 9);
  assert.equal(kept, [0, 1, 2, 3]);
  assert.equal(thinned(sample, 4).kept, [0, 1]);
  assert.equal(
    thinned(sample, 4).result.layers?.map((l) => l.scores),
    [
      [1, -9, 0, 0, 0],
      [5, 0, 0, 0, 0],
    ],
  );
  assert.equal(result.parts, sample.parts);
});

test("of many parts with words those with the largest scores keep theirs, and it is said how many there were", () => {
  const words = [{ id: 1, text: " a", score: 1 }];
  const scores = [1, -9, 3, 2];
  const parts = [
    ...scores.map((score, token) => ({ name: `${token}`, score, token, promotes: words, suppresses: words })),
    ...sample.parts.slice(-2),
  ];
  const { layers: _, ...flat } = sample;
  const found = thinned({ ...flat, parts }, 200);
  assert.is(found.speaking, 4);
  assert.equal(
    found.result.parts.map((p) => [p.score, p.promotes?.length, p.suppresses?.length]),
    [
      [1, undefined, undefined],
      [-9, 1, 1],
      [3, 1, 1],
      [2, undefined, undefined],
      [0, undefined, undefined],
      [0, undefined, undefined],
    ],
  );
  assert.equal(thinned({ ...flat, parts }, 400), { result: { ...flat, parts } });
});

test.run();
