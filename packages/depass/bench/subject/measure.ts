// One model on one device: set-up once per graph, then runs at one prompt length after the other. Packed and dense graphs
// take turns, so that a busy machine is unfair to both alike; every figure is a median after a warm-up.
import { type Graph, i32, orThrow, type Runner, type Tensors } from "@depass/graph";
import { type PlanBytes, plan, planBytes, profiled, type StepTime, type WebGpuBackend } from "@depass/kernels";
import { productTime } from "../../../kernels/bench/measure/products.ts";

import type { Source } from "./source.ts";
import { operationsOf, partRows, type Work, workOf } from "./work.ts";

export type Ready = {
  readonly graph: Graph;
  readonly packed: boolean;
  readonly runner: Runner;
  readonly setUp: number;
};

const since = (): (() => number) => {
  const start = performance.now();
  return () => (performance.now() - start) / 1000;
};

/** Seconds of all processors of this process since then. */
const processorsSince = (): (() => number) => {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e6;
  };
};

const median = (x: readonly number[]): number => [...x].sort((a, b) => a - b)[Math.floor(x.length / 2)] as number;

/** Plans, compiles and uploads; seconds. */
export const ready = async (backend: WebGpuBackend, source: Source, packed: boolean): Promise<Ready> => {
  const graph = packed ? source.graphs.packed : source.graphs.dense;
  const elapsed = since();
  const runner = await backend.prepare(graph, source.weights)().then(orThrow);
  return { graph, packed, runner, setUp: elapsed() };
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
  const dtypeOf = (name: string) => (weights.describe(name)?.dtype ?? "f32") as "f32" | "bf16";
  const planned = plan(graph, { target: backend.gpu, dtypeOf });
  return "right" in planned ? planBytes(planned.right, { T: tokens }) : { weights: 0, run: 0, total: 0 };
};

/** Seconds of the products of a run, each on its own, one after the other. */
const productSeconds = async (backend: WebGpuBackend, work: readonly Work[]): Promise<number> => {
  let seconds = 0;
  for (const w of work) seconds += (w.times * orThrow(await productTime(backend.gpu, w))) / 1000;
  return seconds;
};

export type Measured = {
  readonly packed: boolean;
  readonly tokens: number;
  readonly rows: number;
  readonly seconds: number;
  readonly fastest: number;
  /** Of all processors; on a software adapter, which computes on them, the steadier figure on a busy machine. */
  readonly processorSeconds: number;
  readonly gflop: number;
  readonly productSeconds: number;
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
  const times = graphs.map((): { readonly wall: number; readonly processors: number }[] => []);
  for (let turn = 0; turn <= runs; turn++)
    for (const [i, { runner }] of graphs.entries()) {
      const [elapsed, processors] = [since(), processorsSince()];
      await runner.run(inputs)().then(orThrow);
      if (turn > 0) times[i]?.push({ wall: elapsed(), processors: processors() });
    }
  const found: Measured[] = [];
  for (const [i, { graph, packed }] of graphs.entries()) {
    const work = workOf(source.config, tokens, packed);
    found.push({
      packed,
      tokens,
      rows: partRows(tokens, packed),
      seconds: median((times[i] ?? []).map((t) => t.wall)),
      fastest: Math.min(...(times[i] ?? []).map((t) => t.wall)),
      processorSeconds: median((times[i] ?? []).map((t) => t.processors)),
      gflop: operationsOf(work) / 1e9,
      productSeconds: await productSeconds(backend, work),
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
  return { seconds: elapsed(), steps: taken.steps };
};
