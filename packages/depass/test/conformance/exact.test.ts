// Is what the evaluator computes the mathematics of DePass, to the last digits? A program in Python that shares nothing with it
// (conformance/exact) computes forward pass and parts of random checkpoints in f64, and the check compares, as a user would call it.
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { f32, faultError, orThrow, reference, type Tensor } from "@depass/graph";
import { architectureOf, entryOf, type Families, writeSafetensors } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { inFull, passes } from "../../conformance/compare.ts";
import { checkFamily } from "../../conformance/family.ts";
import { newFolder, remove } from "../tiny.ts";

const run = promisify(execFile);
const path = (name: string): string => fileURLToPath(new URL(`../../../../${name}`, import.meta.url));
const exact = path("packages/depass/conformance/exact");

const sizes = { hidden_size: 20, intermediate_size: 28, num_hidden_layers: 2, vocab_size: 23 };
const heads = { num_attention_heads: 6, num_key_value_heads: 2, head_dim: 8 };
const common = { ...sizes, ...heads, hidden_act: "silu", rms_norm_eps: 1e-5, max_position_embeddings: 64 };
const plain = { rope_type: "default", rope_theta: 5000 };
const llama3 = { low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8 };

type Config = typeof common & Readonly<Record<string, unknown>>;

/** Query heads share keys, heads are wider than their share of the state, ropes are scaled, biases are where they may be. */
const configs: Readonly<Record<string, Config>> = {
  llama: { ...common, model_type: "llama", rope_parameters: plain, tie_word_embeddings: false },
  "llama-biased": {
    ...common,
    model_type: "llama",
    rope_parameters: { ...llama3, rope_type: "llama3", rope_theta: 500, factor: 4 },
    attention_bias: true,
    mlp_bias: true,
    tie_word_embeddings: true,
  },
  qwen2: {
    ...common,
    model_type: "qwen2",
    head_dim: 4,
    num_attention_heads: 5,
    num_key_value_heads: 1,
    rope_theta: 300,
  },
};

/** Numbers from -1 to 1, the same in every run. */
const random = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
};

const tensorsOf = (config: Config, seed: number): readonly (readonly [string, Tensor])[] => {
  const next = random(seed);
  const { hidden_size: D, intermediate_size: I, vocab_size: V, head_dim: F } = config;
  const some = (...shape: number[]): Tensor =>
    f32(
      shape,
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.5 * next()),
    );
  const gain = (): Tensor =>
    f32(
      [D],
      Float32Array.from({ length: D }, () => 1 + 0.5 * next()),
    );
  const map = (name: string, rows: number, columns: number, biased: unknown) => [
    [`${name}.weight`, some(rows, columns)] as const,
    ...(biased === true ? [[`${name}.bias`, some(rows)] as const] : []),
  ];
  const inAttention = config.model_type === "qwen2" || config.attention_bias;
  const layer = (at: string) => [
    [`${at}.input_layernorm.weight`, gain()] as const,
    [`${at}.post_attention_layernorm.weight`, gain()] as const,
    ...map(`${at}.self_attn.q_proj`, config.num_attention_heads * F, D, inAttention),
    ...map(`${at}.self_attn.k_proj`, config.num_key_value_heads * F, D, inAttention),
    ...map(`${at}.self_attn.v_proj`, config.num_key_value_heads * F, D, inAttention),
    ...map(`${at}.self_attn.o_proj`, D, config.num_attention_heads * F, config.attention_bias),
    ...map(`${at}.mlp.gate_proj`, I, D, config.mlp_bias),
    ...map(`${at}.mlp.up_proj`, I, D, config.mlp_bias),
    ...map(`${at}.mlp.down_proj`, D, I, config.mlp_bias),
  ];
  return [
    ["model.embed_tokens.weight", some(V, D)],
    ...Array.from({ length: config.num_hidden_layers }, (_, l) => layer(`model.layers.${l}`)).flat(),
    ["model.norm.weight", gain()],
    ...(config.tie_word_embeddings === true ? [] : [["lm_head.weight", some(V, D)] as const]),
  ];
};

const tokenCalls = ["softmax", "max", "relu", "linear", "taylor"].flatMap((rule) =>
  [true, false].map((ignoreSpecialToken) => ({ seed: "token", rule, ignoreSpecialToken, layer: 0, normed: true })),
);

/** Every rule at token level, every level, later starts, states on the way, and a score. */
const calls = Object.fromEntries(
  [
    ...tokenCalls,
    { seed: "token", layer: 1, rule: "softmax", temperature: 0.7, ignoreSpecialToken: true, normed: true },
    { seed: "token", layer: 0, until: 1, rule: "softmax", ignoreSpecialToken: true },
    { seed: "token", layer: 0, rule: "softmax", ignoreSpecialToken: true, axes: "layer,token,part,hidden" },
    { of: "0", token: 5, target: 7 },
    ...["attn", "mlp", "attn_head"].flatMap((seed) =>
      [0, 1].map((layer) => ({ seed, layer, rule: "softmax", normed: true })),
    ),
    { seed: "neuron", layer: 0, neurons: [3, 27, 4], rule: "softmax", normed: true },
    { seed: "subspace", state: "S[2]", rule: "softmax", normed: true },
    { seed: "subspace", state: "S[2]", rule: "softmax", axes: "layer,token,part,hidden" },
    { name: "states" },
    { name: "subspace.seed" },
  ].map((call, i) => ["name" in call ? call.name : String(i), { axes: "token,part,hidden", ...call }]),
);

const IDS = [1, 9, 22, 9, 0, 14, 3, 17, 5];

/** Writes a checkpoint and what the program in Python makes of it; the folder of the second. */
const made = async (folder: string, name: string, config: Config, seed: number): Promise<string> => {
  const [source, target] = [join(folder, "checkpoints", name), join(folder, "expected", name)];
  await mkdir(source, { recursive: true });
  await writeFile(join(source, "config.json"), JSON.stringify(config));
  await writeFile(join(source, "depass.json"), JSON.stringify(calls));
  const entries = tensorsOf(config, seed).map(([tensor, value]) => entryOf(tensor, value));
  const written = await writeSafetensors(join(source, "model.safetensors"), entries)();
  if (E.isLeft(written)) throw faultError(written.left);
  await run("python3", [exact, source, target, "--ids", IDS.join()]);
  return target;
};

type Printed = { readonly stdout: string; readonly stderr: string };

const lacking = await run("python3", ["-c", "import numpy"]).then(
  () => undefined,
  () => "python3 has no numpy here",
);

const pythonTest = (name: string, check: (folder: string) => Promise<void>): void => {
  if (lacking !== undefined) {
    console.log(`skipped: ${name}: ${lacking}`);
    test.skip(name, () => undefined);
  } else
    test(name, async () => {
      const folder = await newFolder();
      await check(folder).finally(() => remove(folder));
    });
};

pythonTest("logits, states and parts of random checkpoints are those of the mathematics in f64", async (folder) => {
  for (const [seed, [name, config]] of Object.entries(configs).entries()) await made(folder, name, config, 100 + seed);
  const program = [path("scripts/run.mjs"), "packages/depass/conformance/main.ts"];
  const args = [...program, join(folder, "expected"), "--backend", "reference"];
  const { stdout, stderr } = await run(process.execPath, args).catch((error: Printed) => error);
  assert.is(stderr, "");
  const lines = stdout.trim().split("\n").slice(1, -1);
  assert.is(lines.filter((line) => !/^ok .* of 1\.0e-9$/.test(line)).join("\n"), "");
  // logits, states and all calls but the seed of the subspaces, which is what two of them begin with
  assert.is(lines.length, Object.keys(configs).length * (2 + Object.keys(calls).length - 1));
});

pythonTest("an eps that is a thousandth off passes for rounded values, and not for exact ones", async (folder) => {
  const target = await made(folder, "llama", configs.llama as Config, 100);
  const off: Families = {
    llama: (json, where) => architectureOf({ ...(json as object), rms_norm_eps: 1.001e-5 }, where),
  };
  const outcomes = orThrow(await checkFamily(target, true, inFull(reference, 1e-6, 1e-9), off)());
  assert.is(outcomes.filter(passes).length, 0);
  const rounded = orThrow(await checkFamily(target, false, inFull(reference, 1e-6), off)());
  assert.ok(rounded.every(passes));
});

test.run();
