// How much longer than a forward pass does a step of training take? A Llama-shaped model, random weights.
//   pnpm bench training [--layers 4] [--width 128] [--batches 8x64,16x64,32x48] [--vocabulary 512] [--turns 12] [--parts]
//     [--adapter NAME]
// A batch is SEQUENCESxTOKENS. The forward pass is that of the loss over the same batch, with its weights held by the backend.
// Both take turns, a few runs behind each other as a training and an evaluation would do them; the ratio is that within a turn,
// its median and in brackets its quarters, by the clock and by processor time. The state stays on the backend; beside it, the same
// with a state that goes round by the host. --parts times the gradients without the rest, --adapter runs on WebGPU.
import { parseArgs } from "node:util";
import {
  adamw,
  advance,
  type Backend,
  columns,
  crossEntropy,
  type Expr,
  f32,
  type Graph,
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
    batches: { type: "string", default: "8x64,16x64,32x48" },
    vocabulary: { type: "string", default: "512" },
    turns: { type: "string", default: "12" },
    parts: { type: "boolean", default: false },
    adapter: { type: "string" },
  },
});

const [layers, D, V, turns] = [options.layers, options.width, options.vocabulary, options.turns].map(Number) as [
  number,
  number,
  number,
  number,
];

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

const lossOf = (S: number): Expr => {
  const { normed, unembed } = llama(orThrow(config), S);
  const mean = crossEntropy({ tokens: times("T", S), vocabulary: V, targets: columns("targets", "T", S) });
  return mean(unembed(normed));
};

const random = (shape: readonly number[]): Tensor =>
  f32(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, () =>
      shape.length === 1 ? 1 : (2 * Math.random() - 1) / Math.sqrt(shape.at(-1) ?? 1),
    ),
  );

const parametersOf = (loss: Expr): Tensors =>
  Object.fromEntries(
    leavesOf({ loss }).flatMap(({ op, params }) =>
      op === "weight" ? [[params.name, random(params.shape.map(Number))]] : [],
    ),
  );

const ids = (tokens: number, S: number): Tensor =>
  i32(
    [tokens, S],
    Array.from({ length: tokens * S }, () => Math.floor(V * Math.random())),
  );

const { adapter } = options;
const backend: Backend = orThrow(await (adapter === undefined ? cpu()() : webgpu({ adapter })()));
const optimizer = adamw({ rate: warmupCosine({ peak: 1e-3, warmup: 10, total: 1000 }) });

type Run = () => Promise<unknown>;

const byHost = (step: Runner, parameters: Tensors, batch: Tensors): Run => {
  let state = initialState(parameters, optimizer);
  return async () => {
    state = nextState(orThrow(await step.run({ ...state, ...batch })()));
  };
};

const staying = (step: Runner, parameters: Tensors, batch: Tensors): Run => {
  let state: Values = initialState(parameters, optimizer);
  return async () => {
    const { state: next } = orThrow(await advance(step, state, batch)());
    state = next;
  };
};

/** What is compared, and how many runs of each make a turn: about as long as three steps. */
const subjects = async (S: number, tokens: number) => {
  const loss = lossOf(S);
  const parameters = parametersOf(loss);
  const batch: Tensors = { tokens: ids(tokens, S), targets: ids(tokens, S) };
  const prepared = async (graph: Graph): Promise<Runner> =>
    orThrow(await backend.prepare(graph, weightsOf(parameters))());
  const slopes = vjp({ loss }, { of: ["loss"], wrt: Object.keys(parameters), keep: ["loss"] });
  const forward = await prepared({ loss });
  const back = options.parts ? await prepared(orThrow(slopes)) : undefined;
  const step = await prepared(orThrow(trainingStep(loss, { optimizer, clip: 1 })));
  const runs: Readonly<Record<string, readonly [runs: number, run: Run]>> = {
    forward: [10, async () => orThrow(await forward.run(batch)())],
    ...(back === undefined ? {} : { gradients: [3, async () => orThrow(await back.run(batch)())] }),
    step: [3, staying(step, parameters, batch)],
    "step, state by the host": [3, byHost(step, parameters, batch)],
  };
  const dispose = (): void => {
    for (const runner of [forward, back, step]) runner?.dispose();
  };
  return { runs, dispose, count: Object.values(parameters).reduce((n, { shape }) => n + sizeOf(shape), 0) };
};

/** Milliseconds of one run. */
type Taken = { readonly clock: number; readonly processor: number };

const taken = async (runs: number, run: Run): Promise<Taken> => {
  const [begun, used] = [performance.now(), process.cpuUsage()];
  for (let i = 0; i < runs; i++) await run();
  const { user, system } = process.cpuUsage(used);
  return { clock: (performance.now() - begun) / runs, processor: (user + system) / 1000 / runs };
};

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? Number.NaN;

/** The first two turns warm up. */
const measured = async (S: number, tokens: number): Promise<string> => {
  const { runs, dispose, count } = await subjects(S, tokens);
  const all: Readonly<Record<string, Taken>>[] = [];
  for (let turn = -2; turn < turns; turn++) {
    const one: Record<string, Taken> = {};
    for (const [name, [times, run]] of Object.entries(runs)) one[name] = await taken(times, run);
    if (turn >= 0) all.push(one);
  }
  dispose();
  const told = Object.keys(runs).map((name) => {
    const ratio = (by: keyof Taken): string => {
      const ratios = all.map((t) => (t[name]?.[by] ?? Number.NaN) / (t.forward?.[by] ?? Number.NaN));
      return [0.5, 0.25, 0.75].map((q) => quantile(ratios, q).toFixed(2)).join(" ");
    };
    const ms = quantile(
      all.map((t) => t[name]?.clock ?? Number.NaN),
      0.5,
    );
    const [clock, processor] = [ratio("clock"), ratio("processor")].map((r) => r.replace(/ (.*) (.*)/, " ($1-$2)"));
    return `  ${name}: ${ms.toFixed(1)} ms, ${clock} of forward, by processor time ${processor}`;
  });
  return [`${S} sequences of ${tokens} tokens, ${count} parameters, ${turns} turns`, ...told].join("\n");
};

console.log(`${backend.device}\n${layers} layers, D = ${D}, V = ${V}`);
for (const text of options.batches.split(",")) {
  const [S, tokens] = text.split("x").map(Number) as [number, number];
  console.log(await measured(S, tokens));
}
await backend.close();
