// How fast does a backend multiply? One product of the kind that a decomposition is made of, run a few times, the quickest
// counted: what an estimate of a longer run starts from.
import { type Backend, type Faulty, f32, input, linear, weight, weightsOf } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { since } from "./clock.ts";

/** Rows, and both sides of the matrix: 0.5 GFLOP. */
const [ROWS, WIDTH] = [512, 704] as const;
const RUNS = 4;

const varied = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => ((i * 7919) % 97) / 97 - 0.5);

/** Operations a second. */
export const measuredRate = (backend: Backend): Faulty<number> => {
  const graph = { y: linear(weight("w", [WIDTH, WIDTH]))(input("x", [ROWS, WIDTH])) };
  const weights = weightsOf({ w: f32([WIDTH, WIDTH], varied(WIDTH * WIDTH)) });
  const inputs = { x: f32([ROWS, WIDTH], varied(ROWS * WIDTH)) };
  return pipe(
    backend.prepare(graph, weights),
    TE.chain((runner) => async () => {
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0; i < RUNS; i++) {
        const elapsed = since();
        const done = await runner.run(inputs)();
        if (E.isLeft(done)) return done;
        least = Math.min(least, elapsed());
      }
      runner.dispose();
      return E.right((2 * ROWS * WIDTH * WIDTH) / least);
    }),
  );
};
