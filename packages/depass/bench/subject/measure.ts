// One model on one device: set-up once per graph, then runs at one prompt length after the other. Packed and dense graphs
// take turns, so that a busy machine is unfair to both alike; every figure is a median after a warm-up.
import { type Graph, i32, orThrow, type Runner, type Tensors } from "@depass/graph";
import {
  type PlanBytes,
  plan,
  planBytes,
  profiled,
  type StepTime,
  storedTypes,
  type WebGpuBackend,
} from "@depass/kernels";
import { medianOf, since, type Times } from "../../../kernels/bench/measure/clock.ts";
import { productTime } from "../../../kernels/bench/measure/products.ts";
import type { Source } from "./source.ts";
import { operationsOf, partRows, type Work, workOf } from "./work.ts";

export type Ready = {
  readonly graph: Graph;
  readonly packed: boolean;
  readonly runner: Runner;
  readonly setUp: number;
};

/** Plans, compiles and uploads; seconds. */
export const ready = async (backend: WebGpuBackend, source: Source, packed: boolean): Promise<Ready> => {
  const graph = packed ? source.graphs.packed : source.graphs.dense;
  const elapsed = since();
  const runner = await backend.prepare(graph, source.weights)().then(orThrow);
  return { graph, packed, runner, setUp: elapsed().wall };
};

/** Ids spread over the vocabulary; the last position is explained. */
const inputsOf = ({ config }: Source, tokens: number): Tensors => ({
  tokens: i32(
    [tokens],
    Array.from({ length: tokens }, (_, i) => (i * 7919 + 1) % config.vocab),
  ),
  position: i32([1], [tokens - 1]),
});

const bytesOf = (backend: WebGpuBackend, { weights }: Source, graph: Graph, tokens: number): PlanBytes => {
  const planned = plan(graph, { target: backend.gpu, dtypeOf: storedTypes(weights) });
  return "right" in planned ? planBytes(planned.right, { T: tokens }) : { weights: 0, run: 0, total: 0 };
};

/** The products of a run, each on its own, one after the other. */
const productTimes = async (backend: WebGpuBackend, work: readonly Work[]): Promise<Times> => {
  let [wall, processors] = [0, 0];
  for (const w of work) {
    const one = orThrow(await productTime(backend.gpu, w));
    wall += w.times * one.wall;
    processors += w.times * one.processors;
  }
  return { wall, processors };
};

export type Measured = {
  readonly packed: boolean;
  readonly tokens: number;
  readonly rows: number;
  readonly run: Times;
  /** On the clock, of the fastest run. */
  readonly fastest: number;
  readonly gflop: number;
  readonly products: Times;
  readonly bytes: PlanBytes;
};

/** All graphs at one prompt length, in turns. */
export const measure = async (
  backend: WebGpuBackend,
  source: Source,
  graphs: readonly Ready[],
  tokens: number,
  runs: number,
): Promise<readonly Measured[]> => {
  const inputs = inputsOf(source, tokens);
  const times = graphs.map((): Times[] => []);
  for (let turn = 0; turn <= runs; turn++)
    for (const [i, { runner }] of graphs.entries()) {
      const elapsed = since();
      await runner.run(inputs)().then(orThrow);
      if (turn > 0) times[i]?.push(elapsed());
    }
  const found: Measured[] = [];
  for (const [i, { graph, packed }] of graphs.entries()) {
    const work = workOf(source.config, tokens, packed);
    found.push({
      packed,
      tokens,
      rows: partRows(tokens, packed),
      run: medianOf(times[i] ?? []),
      fastest: Math.min(...(times[i] ?? []).map((t) => t.wall)),
      gflop: operationsOf(work) / 1e9,
      products: await productTimes(backend, work),
      bytes: bytesOf(backend, source, graph, tokens),
    });
  }
  return found;
};

/** Nanoseconds of every step of one run, after the runs above. */
export const profileOf = async (
  backend: WebGpuBackend,
  source: Source,
  { runner }: Ready,
  tokens: number,
): Promise<{ readonly seconds: number; readonly steps: readonly StepTime[] }> => {
  const elapsed = since();
  const taken = orThrow(await profiled(backend.gpu, () => runner.run(inputsOf(source, tokens))().then(orThrow)));
  return { seconds: elapsed().wall, steps: taken.steps };
};
