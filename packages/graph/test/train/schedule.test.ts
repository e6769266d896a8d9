import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate } from "../../src/evaluate.ts";
import * as s from "../../src/syntax.ts";
import { f32, type Tensor, toF64 } from "../../src/tensor.ts";
import { constantRate, type Schedule, warmupCosine } from "../../src/train/schedule.ts";
import { right } from "../either.ts";

const test = suite("train/schedule");

const at = (schedule: Schedule, step: number): number => {
  const rate = schedule(s.input("step", []));
  return toF64(right(evaluate(rate, { step: f32([], [step]) })).output as Tensor)[0] as number;
};

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

test("a constant is one", () => {
  for (const n of [1, 1000]) assert.is(at(constantRate(0.25), n), 0.25);
});

test("up in equal steps, down along half a cosine, then the floor", () => {
  const rate = warmupCosine({ peak: 0.5, warmup: 10, total: 110, floor: 0.1 });
  near(at(rate, 1), 0.05);
  near(at(rate, 9), 0.45);
  near(at(rate, 10), 0.5);
  near(at(rate, 35), 0.1 + 0.2 * (1 + Math.SQRT1_2));
  near(at(rate, 60), 0.3);
  near(at(rate, 110), 0.1);
  near(at(rate, 5000), 0.1);
});

test("without a warm-up it begins at the peak, and nothing to fall through is no trouble", () => {
  const rate = warmupCosine({ peak: 1, warmup: 0, total: 4 });
  near(at(rate, 0), 1);
  near(at(rate, 2), 0.5);
  near(at(rate, 4), 0);
  const step = warmupCosine({ peak: 1, warmup: 2, total: 2, floor: 0.5 });
  near(at(step, 1), 0.5);
  near(at(step, 2), 1);
  near(at(step, 3), 0.5);
});

test.run();
