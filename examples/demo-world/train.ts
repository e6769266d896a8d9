// Trains the demo model on the world and writes its checkpoint: `node scripts/run.mjs examples/demo-world/train.ts [FOLDER] [SEED]`.
// Minutes on two cores. The same seeds give the same sentences and the same beginning, and on one machine the same checkpoint;
// another one may round its sums otherwise.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import {
  adamw,
  advance,
  columns,
  disposeAll,
  div,
  type Expr,
  equal,
  f32,
  gather,
  i32,
  initialState,
  iota,
  logSumExp,
  mul,
  orThrow,
  readAll,
  reshape,
  sub,
  sum,
  type Tensor,
  type Tensors,
  tensor,
  times,
  trainingStep,
  type Values,
  warmupCosine,
  weightsOf,
  where,
} from "@depass/graph";
import { entryOf, writeSafetensors } from "@depass/models";
import { cpu } from "@depass/onnx";
import { accuracyOf } from "./accuracy.ts";
import { heldOutPrompts, splitOf } from "./held-out.ts";
import { beginningsOf, configJson, logitsOf } from "./model.ts";
import { batchOf, documentOf, trainingSentences } from "./sentences.ts";
import { tokenizerFiles } from "./tokenizer.ts";
import { vocabularyOf } from "./vocabulary.ts";
import { worldOf } from "./world.ts";

/** The second argument is another beginning of the weights. */
const seeds = { world: 1, weights: Number(process.argv[3] ?? 3), sentences: 7, held: 5 };
const [sequences, length, steps, shown] = [32, 48, 6000, 200] as const;
/** What a word that nothing decides counts for, beside an answer: the model learns how sentences go as well. */
const CHANCE = 0.1;

const world = worldOf(seeds.world);
const split = splitOf(world);
const vocabulary = vocabularyOf(world);
const size = vocabulary.words.length;

/** Cross-entropy in nats, its words weighted. */
const weightedLoss = (): Expr => {
  const rows = times("T", sequences);
  const logits = logitsOf(size, sequences);
  const words = iota(size);
  const chosen = equal(reshape(1, [rows, 1])(gather(-1, columns("targets", "T", sequences))(words)), words);
  const losses = sub(logSumExp(logits), sum(-1)(where(chosen, logits, 0)));
  const weights = reshape(1, [rows, 1])(columns("weights", "T", sequences, "f32"));
  return reshape(2, [])(div(sum(-2)(mul(losses, weights)), sum(-2)(weights)));
};

const next = trainingSentences(world, split, seeds.sentences);

/** Row after row as columns `[T, S]`. */
const turned = (rows: ArrayLike<number>): number[] =>
  Array.from({ length: sequences * length }, (_, k) => {
    const [t, s] = [Math.floor(k / sequences), k % sequences];
    return rows[s * length + t] as number;
  });

const batch = (): Tensors => {
  const { tokens, targets, asked } = batchOf(() => documentOf(vocabulary, next()), sequences, length);
  return {
    tokens: i32([length, sequences], turned(tokens)),
    targets: i32([length, sequences], turned(targets)),
    weights: f32(
      [length, sequences],
      turned(asked).map((a) => (a === 1 ? 1 : CHANCE)),
    ),
  };
};

/** Rounded to the nearest bfloat16, ties to even. */
const asBf16 = ({ shape, data }: Tensor): Tensor => {
  const bits = new Uint32Array(Float32Array.from(data).buffer);
  return tensor(
    "bf16",
    shape,
    Uint16Array.from(bits, (b) => (b + 0x7fff + ((b >>> 16) & 1)) >>> 16),
  );
};

const backend = orThrow(await cpu()());

const trained = async (): Promise<Tensors> => {
  const loss = weightedLoss();
  const optimizer = adamw({ rate: warmupCosine({ peak: 3e-3, warmup: 200, total: steps, floor: 1e-4 }), decay: 0.05 });
  const runner = orThrow(await backend.prepare(orThrow(trainingStep(loss, { optimizer, clip: 1 })), weightsOf({}))());
  const parameters = beginningsOf({ loss }, seeds.weights);
  let state: Values = initialState(parameters, optimizer);
  let mean = 0;
  const begun = performance.now();
  for (let n = 1; n <= steps; n++) {
    const { state: next, told } = orThrow(await advance(runner, state, batch())());
    state = next;
    mean += (told.loss?.data[0] ?? Number.NaN) / shown;
    if (n % shown !== 0) continue;
    console.log(`step ${n}   loss ${mean.toFixed(3)}   ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    mean = 0;
  }
  const learnt = orThrow(await readAll(state)());
  disposeAll(state);
  runner.dispose();
  return Object.fromEntries(Object.keys(parameters).map((name) => [name, asBf16(learnt[name] as Tensor)]));
};

const written = async (folder: string, weights: Tensors): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const files = { "config.json": configJson(size), ...tokenizerFiles(vocabulary) };
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), `${JSON.stringify(content, null, 1)}\n`);
  const entries = Object.entries(weights).map(([name, values]) => entryOf(name, values));
  orThrow(await writeSafetensors(join(folder, "model.safetensors"), entries)());
};

const folder = process.argv[2] ?? "demo-model";
const weights = await trained();
await written(folder, weights);
const held = heldOutPrompts(world, split, seeds.held, 1000);
const accuracy = await accuracyOf(backend, weights, vocabulary, held);
for (const [kind, share] of Object.entries(accuracy)) console.log(`held-out ${kind}: ${(100 * share).toFixed(1)} %`);
console.log(`written to ${folder}`);
await backend.close();
