import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sample, samplingFaults, uniform } from "../src/sampling.ts";

const test = suite("sampling");

const logits = Float32Array.from([Math.log(0.1), Math.log(0.4), Math.log(0.2), Math.log(0.3)]);
const draws = (options: Parameters<typeof sample>[1], count = 4000): readonly number[] => {
  const found = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const id = sample(logits, { seed: 5, ...options }, i);
    found[id] = (found[id] as number) + 1 / count;
  }
  return found;
};
const near = (got: readonly number[], wanted: readonly number[]): void =>
  got.forEach((g, i) => {
    assert.ok(Math.abs(g - (wanted[i] as number)) < 0.03, `${got}, expected about ${wanted}`);
  });

test("greedy takes the likeliest, of equal ones the first", () => {
  assert.is(sample(logits, {}, 0), 1);
  assert.is(sample([1, 3, 3], {}, 9), 1);
});

test("draws follow the probabilities at temperature 1, and their powers at others", () => {
  near(draws({ temperature: 1 }), [0.1, 0.4, 0.2, 0.3]);
  near(draws({ temperature: 0.5 }), [1 / 30, 16 / 30, 4 / 30, 9 / 30]);
});

test("top-k and top-p leave the likeliest, whose shares stay as they were to each other", () => {
  near(draws({ temperature: 1, topK: 2 }), [0, 4 / 7, 0, 3 / 7]);
  near(draws({ temperature: 1, topP: 0.75 }), [0, 4 / 9, 2 / 9, 3 / 9]);
  assert.equal(draws({ temperature: 1, topP: 1e-9 }), draws({ temperature: 1, topK: 1 }));
});

test("a seed and a place give one number; others give others, spread evenly", () => {
  assert.is(uniform(3, 7), uniform(3, 7));
  const all = Array.from({ length: 2000 }, (_, i) => uniform(i % 40, Math.floor(i / 40)));
  assert.is(new Set(all).size, all.length);
  const tenths = all.reduce(
    (n, u) => n.map((c: number, i: number) => c + (i === Math.floor(u * 10) ? 1 : 0)),
    Array(10).fill(0),
  );
  for (const n of tenths) assert.ok(n > 140 && n < 260, `${tenths}`);
});

test("what cannot be, or would not be heeded, is a fault", () => {
  assert.equal(samplingFaults({ temperature: 1, topP: 0.5, topK: 3, seed: 0 }), []);
  const wrong = samplingFaults({ temperature: -1, topP: 2, topK: 0.5, seed: -3 });
  assert.equal(
    wrong.map((f) => f.where),
    ["temperature", "top-p", "top-k", "seed"],
  );
  assert.equal(
    samplingFaults({ topP: 0.5, seed: 1 }).map((f) => f.where),
    ["topP", "seed"],
  );
});

test.run();
