import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Backend, reference, weightsOf } from "../../src/backend.ts";
import { disposeAll, isResident, type Resident, type Values } from "../../src/resident.ts";
import * as s from "../../src/syntax.ts";
import { f32 } from "../../src/tensor.ts";
import { smallTraining } from "../../src/testing/index.ts";
import { advance } from "../../src/train/advance.ts";
import { adamw } from "../../src/train/optimizer.ts";
import { initialState, trainingStep } from "../../src/train/step.ts";
import { left, right } from "../either.ts";

const test = suite("train/advance");

test("steps whose state stays are those whose state goes round", () => smallTraining(reference));

const w = s.weight("w", []);
const optimizer = adamw({ rate: 0.1 });
const step = right(trainingStep(s.mul(w, s.mul(w, s.input("x", []))), { optimizer }));
const start = initialState({ w: f32([], [2]) }, optimizer);
const batch = { x: f32([], [1]) };

const prepared = async (backend: Backend) => right(await backend.prepare(step, weightsOf({}))());

test("it tells what is no state, and lets go of the state that went in and of nothing else", async () => {
  const runner = await prepared(reference);
  const { state: first, told } = right(await advance(runner, start, batch)());
  assert.equal(Object.keys(first).sort(), Object.keys(start).sort());
  assert.equal([told.loss?.data[0], told.norm?.data[0], Object.keys(told).length], [4, 4, 2]);
  const copier = right(await reference.prepare({ batched: s.input("x", []) }, weightsOf({}))());
  const { batched } = right(await copier.runResident(batch)());
  const read = (r: Resident | undefined) => (r as Resident).read();
  const { state: second } = right(await advance(runner, first, { x: batched } as Values)());
  assert.match(left(await read(first.w)), "disposed of");
  right(await read(batched));
  right(await read(second.w));
  disposeAll(second);
});

test("where there are faults the state is left as it was", async () => {
  const runner = await prepared(reference);
  const { state } = right(await advance(runner, start, batch)());
  assert.match(left(await advance(runner, state, {})()), "input x: expected a tensor [], got none");
  const { state: next } = right(await advance(runner, state, batch)());
  assert.ok(Object.values(next).every(isResident));
});

test.run();
