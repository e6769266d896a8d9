// A step of training whose state stays with a backend, against the evaluator's, whose state goes round by the host.
import * as E from "fp-ts/lib/Either.js";
import { type Backend, weightsOf } from "../backend.ts";
import { orThrow } from "../error.ts";
import { evaluate } from "../evaluate.ts";
import type { Graph } from "../expr.ts";
import { linear } from "../nn.ts";
import { disposeAll, isResident, readAll, type Values } from "../resident.ts";
import type { Tensors } from "../sizes.ts";
import * as s from "../syntax.ts";
import { f32, sizeOf, type Tensor } from "../tensor.ts";
import { advance } from "../train/advance.ts";
import { adamw } from "../train/optimizer.ts";
import { initialState, nextState, toldOf, trainingStep } from "../train/step.ts";
import { close, type Tolerance } from "./close.ts";
import { noise } from "./values.ts";

/** Throws unless a prepared step, given these batches one after the other, gives what the evaluator does. */
export const trainsAlike = async (
  backend: Backend,
  step: Graph,
  start: Tensors,
  batches: readonly Tensors[],
  tolerance: Tolerance,
): Promise<void> => {
  const runner = orThrow(await backend.prepare(step, weightsOf({}))());
  let state: Values = start;
  let expected = start;
  const compare = (actual: Tensors, wanted: Tensors): void => {
    for (const [name, t] of Object.entries(wanted)) close(actual[name] as Tensor, t, { of: "largest", ...tolerance });
  };
  for (const batch of batches) {
    const before: Values = state;
    const { state: next, told } = orThrow(await advance(runner, state, batch)());
    const wanted = orThrow(evaluate(step, { ...expected, ...batch }));
    compare(told, toldOf(wanted));
    state = next;
    expected = nextState(wanted);
    for (const [name, v] of Object.entries(before))
      if (isResident(v) && E.isRight(await v.read())) throw new Error(`${name} is still there after its step`);
  }
  runner.dispose();
  compare(orThrow(await readAll(state)()), expected);
  disposeAll(state);
};

const rows = s.input("x", ["T", 3]);
const errors = s.sub(
  s.tanh(s.add(linear(s.weight("w", [2, 3]))(rows), s.weight("b", [2]))),
  s.input("wanted", ["T", 2]),
);
const loss = s.reshape(2, [])(s.sum(-2)(s.sum(-1)(s.mul(errors, errors))));

const numbers = (shape: readonly number[], seed: number): Tensor =>
  f32(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => noise(i, seed)),
  );

/** A few steps of a small regression, with batches of several sizes. */
export const smallTraining = (backend: Backend): Promise<void> => {
  const optimizer = adamw({ rate: 0.1 });
  const step = orThrow(trainingStep({ loss, errors }, { optimizer, clip: 0.5 }));
  const start = initialState({ w: numbers([2, 3], 1), b: numbers([2], 2) }, optimizer);
  const batches = [4, 4, 2, 4, 1].map((T, i) => ({ x: numbers([T, 3], 10 + i), wanted: numbers([T, 2], 20 + i) }));
  return trainsAlike(backend, step, start, batches, { rtol: 1e-4, atol: 1e-6 });
};
