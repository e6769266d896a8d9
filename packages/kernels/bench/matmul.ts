// How fast is the matrix product, variant by variant, at the sizes of real models?
//   node --import tsx bench/matmul.ts [--adapter NAME] [--toggles safe|fast] [--rows 105,600]
//     [--weights bf16,q8_0] [--all] [--json]
// Prints GFLOP/s (2·R·Kd·N per run), the best of several runs after a warm-up, and the first run's time (compilation
// included). `--all` measures every variant instead of the device's default one. On software the processor's time is the
// steadier measure on a busy machine: `by cpu` is GFLOP per second of processor time, times the number of processors.

import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { bytesPerElement, dim, type Fault, fault, showFaults } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { groupBytes, isBlocks } from "../src/blocks.ts";
import { type Allocation, allocate, release, upload } from "../src/buffer.ts";
import { type Device, openDevice } from "../src/device.ts";
import { prepare, releaseStep, submit } from "../src/pipeline.ts";
import { defaultTile, type Product, type Tile, takesQuads, tiledProduct } from "../src/wgsl/matmul.ts";
import type { WeightType } from "../src/wgsl/weights.ts";

type Shape = { readonly model: string; readonly inner: number; readonly columns: number };

/** [Kd, N]: projections, MLP and output layer of SmolLM2-135M; projections and MLP of Llama-7B. */
const shapes: readonly Shape[] = [
  { model: "SmolLM2", inner: 576, columns: 192 },
  { model: "SmolLM2", inner: 576, columns: 576 },
  { model: "SmolLM2", inner: 576, columns: 1536 },
  { model: "SmolLM2", inner: 1536, columns: 576 },
  { model: "SmolLM2", inner: 576, columns: 49152 },
  { model: "Llama-7B", inner: 4096, columns: 4096 },
  { model: "Llama-7B", inner: 4096, columns: 11008 },
];

/** Work that still ends within seconds: flops of one run. */
const most = { software: 1e9, hardware: 1e13 } as const;

const variants: readonly Tile[] = [
  { variant: "naive" },
  { variant: "registers", rows: 4, columns: 1, lanes: 16 },
  { variant: "registers", rows: 8, columns: 2, lanes: 16 },
  { variant: "quads", rows: 1, columns: 4, lanes: 4 },
  { variant: "quads", rows: 8, columns: 4, lanes: 4 },
  { variant: "quads", rows: 16, columns: 4, lanes: 4 },
  { variant: "quads", rows: 16, columns: 6, lanes: 4 },
  { variant: "quads", rows: 16, columns: 8, lanes: 4 },
  { variant: "tiled", rows: 4, columns: 4, step: 16 },
  { variant: "tiled", rows: 8, columns: 8, step: 8 },
];

type Row = Shape & {
  readonly rows: number;
  readonly kernel: string;
  readonly gflops: number;
  readonly gflopsByCpu: number;
  readonly milliseconds: number;
  readonly firstMilliseconds: number;
};

const must = async <A>(effect: TE.TaskEither<readonly Fault[], A>): Promise<A> => {
  const result = await effect();
  if (E.isRight(result)) return result.right;
  console.error(showFaults(result.left));
  process.exit(1);
};

/** Bit patterns of small numbers; which ones does not matter for the time. */
const input = async (device: Device, what: string, bytes: number): Promise<Allocation> => {
  const buffer = await must(allocate(device, what, bytes));
  await must(upload(device, buffer, new Uint16Array(bytes / 2).fill(0x3c00)));
  return buffer;
};

const timed = async (run: () => Promise<void>): Promise<{ wall: number; cpu: number }> => {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await run();
  const used = process.cpuUsage(cpu);
  return { wall: performance.now() - wall, cpu: (used.user + used.system) / 1000 };
};

/** At least five runs, and as many as fit into half a second. */
const repeated = async (run: () => Promise<void>): Promise<{ wall: number; cpu: number }> => {
  let best = { wall: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY };
  const end = performance.now() + 500;
  for (let i = 0; i < 5 || (performance.now() < end && i < 200); i++) {
    const t = await timed(run);
    best = { wall: Math.min(best.wall, t.wall), cpu: Math.min(best.cpu, t.cpu) };
  }
  return best;
};

const bytesOf = (type: WeightType, values: number): number =>
  isBlocks(type) ? groupBytes(type, values) : values * bytesPerElement[type];

const measure = async (
  device: Device,
  shape: Shape,
  rows: number,
  weights: WeightType,
  tile: Tile | undefined,
): Promise<Row | undefined> => {
  const { inner, columns } = shape;
  const product: Product = { rows: dim("R"), inner, columns, left: "f32", weights };
  const chosen = tile ?? defaultTile(rows === 1 ? { ...product, rows } : product, device);
  if (chosen.variant === "quads" && !takesQuads(product, device)) return undefined;
  const kernel = tiledProduct("product", product, chosen);
  const buffers = [
    await input(device, "a", rows * inner * 4),
    await input(device, "b", bytesOf(weights, columns * inner)),
    await must(allocate(device, "out", rows * columns * 4)),
  ];
  const start = performance.now();
  const step = await must(prepare(device, kernel, buffers, { R: rows }));
  const run = async (): Promise<void> => {
    await must(submit(device, [step]));
    await device.gpu.queue.onSubmittedWorkDone();
  };
  await run();
  const firstMilliseconds = performance.now() - start;
  const { wall, cpu } = await repeated(run);
  releaseStep(device, step);
  for (const b of buffers) release(device, b);
  const gflop = (2 * rows * inner * columns) / 1e6;
  const gflopsByCpu = (gflop / cpu) * cpus().length;
  return {
    ...shape,
    rows,
    kernel: kernel.name,
    gflops: gflop / wall,
    gflopsByCpu,
    milliseconds: wall,
    firstMilliseconds,
  };
};

const text = (r: Row): string =>
  [
    r.model.padEnd(9),
    `${r.rows} x ${r.inner} x ${r.columns}`.padEnd(18),
    r.kernel.padEnd(34),
    `${r.gflops.toFixed(2)} GFLOP/s`.padStart(16),
    `${r.gflopsByCpu.toFixed(2)} by cpu`.padStart(14),
    `${r.milliseconds.toFixed(2)} ms`.padStart(12),
    `first ${r.firstMilliseconds.toFixed(0)} ms`.padStart(14),
  ].join("  ");

const { values: options } = parseArgs({
  options: {
    adapter: { type: "string" },
    toggles: { type: "string", default: "fast" },
    rows: { type: "string", default: "1,14,105,600" },
    weights: { type: "string", default: "bf16" },
    all: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const types: readonly WeightType[] = ["f32", "bf16", "f16", "q8_0", "q4_0", "q4_1"];
const typed = (name: string): E.Either<readonly Fault[], WeightType> =>
  E.fromNullable([fault("bench", "--weights", `some of ${types.join(", ")}`, name)])(types.find((t) => t === name));
const weightTypes = await must(async () => E.traverseArray(typed)(options.weights.split(",")));

const device = await must(
  openDevice({
    toggles: options.toggles === "safe" ? "safe" : "fast",
    ...(options.adapter === undefined ? {} : { adapter: options.adapter }),
  }),
);
const results: Row[] = [];
if (!options.json) console.log(`${device.name} (${device.kind}, ${device.toggles} toggles): ${device.why}\n`);
for (const shape of shapes)
  for (const rows of options.rows.split(",").map(Number))
    for (const tile of options.all ? variants : [undefined])
      for (const weights of weightTypes) {
        if (2 * rows * shape.inner * shape.columns > most[device.kind]) continue;
        const row = await measure(device, shape, rows, weights, tile);
        if (row === undefined) continue;
        results.push(row);
        if (!options.json) console.log(text(row));
      }
if (options.json)
  console.log(JSON.stringify({ device: device.name, kind: device.kind, toggles: device.toggles, results }, null, 2));
await device.close();
