// How much longer than a forward pass does a step of training take? A Llama-shaped model, random weights.
//   pnpm bench training [--layers 4] [--width 128] [--sequences 8] [--tokens 64] [--vocabulary 512] [--runs 40] [--parts]
//     [--adapter NAME]
// The forward pass is that of the loss over the same batch, with its weights held by the backend. Each runs alone: medians
// of runs behind each other, as a training and an evaluation would do them. The state stays on the backend; beside it, the
// same with a state that goes round by the host. --parts times the gradients without the rest, --adapter runs on WebGPU.
import { parseArgs } from "node:util";
import {
  adamw,
  advance,
  type Backend,
  columns,
  crossEntropy,
  type Expr,
  f32,
  i32,
  initialState,
  leavesOf,
  nextState,
  orThrow,
  type Runner,
  sizeOf,
  type Tensor,
  type Tensors,
  times,
  trainingStep,
  type Values,
  vjp,
  warmupCosine,
  weightsOf,
} from "@depass/graph";
import { webgpu } from "@depass/kernels";
import { decodeLlamaConfig, llama } from "@depass/models";
import { cpu } from "@depass/onnx";

const { values: options } = parseArgs({
  options: {
    layers: { type: "string", default: "4" },
    width: { type: "string", default: "128" },
    sequences: { type: "string", default: "8" },
    tokens: { type: "string", default: "64" },
    vocabulary: { type: "string", default: "512" },
    runs: { type: "string", default: "40" },
    parts: { type: "boolean", default: false },
    adapter: { type: "string" },
  },
});

const [layers, D, S, tokens, V, runs] = [
  options.layers,
  options.width,
  options.sequences,
  options.tokens,
  options.vocabulary,
  options.runs,
].map(Number) as [number, number, number, number, number, number];

const config = decodeLlamaConfig(
  {
    model_type: "llama",
    vocab_size: V,
    hidden_size: D,
    num_hidden_layers: layers,
    num_attention_heads: 4,
    intermediate_size: 4 * D,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
  },
  "the model of the bench",
);
const { normed, unembed } = llama(orThrow(config), S);
const loss = crossEntropy({ tokens: times("T", S), vocabulary: V, targets: columns("targets", "T", S) })(
  unembed(normed),
);

const random = (shape: readonly number[]): Tensor =>
  f32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () =>
      shape.length === 1 ? 1 : (2 * Math.random() - 1) / Math.sqrt(shape.at(-1) ?? 1),
    ),
  );

const parameters: Tensors = Object.fromEntries(
  leavesOf({ loss }).flatMap(({ op, params }) =>
    op === "weight" ? [[params.name, random(params.shape.map(Number))]] : [],
  ),
);
const ids = (): Tensor =>
  i32(
    [tokens, S],
    Array.from({ length: tokens * S }, () => Math.floor(V * Math.random())),
  );
const batch: Tensors = { tokens: ids(), targets: ids() };

const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[all.length >> 1] ?? Number.NaN;
const ms = (seconds: number): string => `${(1000 * seconds).toFixed(1)} ms`;

const { adapter } = options;
const backend: Backend = orThrow(await (adapter === undefined ? cpu()() : webgpu({ adapter })()));
const optimizer = adamw({ rate: warmupCosine({ peak: 1e-3, warmup: 10, total: 1000 }) });
const prepared = async (graph: Readonly<Record<string, Expr>>): Promise<Runner> =>
  orThrow(await backend.prepare(graph, weightsOf(parameters))());

const forward = await prepared({ loss });
const step = await prepared(orThrow(trainingStep(loss, { optimizer, clip: 1 })));
const slopes = await prepared(orThrow(vjp({ loss }, { of: ["loss"], wrt: Object.keys(parameters), keep: ["loss"] })));

/** The median time of runs behind each other. */
const timed = async (run: () => Promise<unknown>): Promise<number> => {
  const all: number[] = [];
  for (let i = -5; i < runs; i++) {
    const start = performance.now();
    await run();
    if (i >= 0) all.push((performance.now() - start) / 1000);
  }
  return median(all);
};

const byHost = (): (() => Promise<void>) => {
  let state = initialState(parameters, optimizer);
  return async () => {
    state = nextState(orThrow(await step.run({ ...state, ...batch })()));
  };
};

const staying = (): (() => Promise<void>) => {
  let state: Values = initialState(parameters, optimizer);
  return async () => {
    const { state: next } = orThrow(await advance(step, state, batch)());
    state = next;
  };
};

const ahead = await timed(async () => orThrow(await forward.run(batch)()));
const back = options.parts ? await timed(async () => orThrow(await slopes.run(batch)())) : undefined;
const whole = await timed(staying());
const round = await timed(byHost());

const count = Object.values(parameters).reduce((n, { shape }) => n + sizeOf(shape), 0);
console.log(`${backend.device}
${layers} layers, D = ${D}, V = ${V}, ${count} parameters; ${S} sequences of ${tokens} tokens; medians of ${runs} runs
forward pass ${ms(ahead)}, step ${ms(whole)}: ${(whole / ahead).toFixed(2)} times
state by the host ${ms(round)}: ${(round / ahead).toFixed(2)} times`);
if (back !== undefined) console.log(`gradients alone ${ms(back)}: ${(back / ahead).toFixed(2)} times`);
await backend.close();
