// How fast does a backend multiply? One product of the kind that a decomposition is made of, run a few times, the quickest
// counted: what an estimate of a longer run starts from.
import {
  type Backend,
  type Fault,
  type Faulty,
  f32,
  input,
  linear,
  type Runner,
  type Tensors,
  weight,
  weightsOf,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { since } from "./clock.ts";

/** Rows, and both sides of the matrix: 0.5 GFLOP. */
const [ROWS, WIDTH] = [512, 704] as const;
/** Less than that is all overhead. */
const FEWEST_ROWS = 16;
const RUNS = 4;

const varied = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => ((i * 7919) % 97) / 97 - 0.5);

const least = async (runner: Runner, inputs: Tensors): Promise<E.Either<readonly Fault[], number>> => {
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < RUNS; i++) {
    const elapsed = since();
    const done = await runner.run(inputs)();
    if (E.isLeft(done)) return done;
    seconds = Math.min(seconds, elapsed());
  }
  return E.right(seconds);
};

const rateOf = (backend: Backend, rows: number, width: number): Faulty<number> => {
  const graph = { y: linear(weight("w", [width, width]))(input("x", [rows, width])) };
  const weights = weightsOf({ w: f32([width, width], varied(width * width)) });
  return pipe(
    backend.prepare(graph, weights),
    TE.chain((runner) => async () => {
      const seconds = await least(runner, { x: f32([rows, width], varied(rows * width)) });
      runner.dispose();
      return E.map((s: number) => (2 * rows * width * width) / s)(seconds);
    }),
  );
};

/** Operations a second. Under a limit that the product does not fit, those of the largest half of it that does. */
export const measuredRate = (backend: Backend, rows: number = ROWS, width: number = WIDTH): Faulty<number> =>
  pipe(
    rateOf(backend, rows, width),
    TE.orElse((faults) =>
      rows > FEWEST_ROWS && faults.every((f) => f.tag === "out-of-memory")
        ? measuredRate(backend, rows / 2, width / 2)
        : TE.left(faults),
    ),
  );
