import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Blocks, show, type Tensor, toF64 } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { weightsIn } from "../../src/assembled.ts";
import { type Checkpoint, openCheckpoint } from "../../src/checkpoint.ts";
import { architectureOf } from "../../src/families.ts";
import { q8_0 } from "../../src/gguf/blocks/plain.ts";
import { openGgufCheckpoint } from "../../src/gguf/checkpoint.ts";
import { openGguf } from "../../src/gguf/read.ts";
import { left, right } from "../either.ts";
import { inFolder } from "../folder.ts";
import { goldenTest, shared } from "../shared.ts";
import { floats, ggufBytes, type Keys, type Stored } from "./bytes.ts";
import { type Config, converted, flat } from "./families.ts";

const printed = (config: unknown): string => {
  const { unembed, normed } = right(architectureOf(config, "config.json"));
  return show(unembed(normed));
};

const sameValues = (a: Tensor, b: Tensor, what: string): void => {
  assert.equal([...a.shape], [...b.shape], what);
  assert.is(toF64(a).join(), toF64(b).join(), what);
};

/** The same graph, and the same values under the same names: what the folder gives, the file gives. */
const agrees = async (golden: string, name: string): Promise<void> =>
  inFolder(async (place) => {
    const folder = right(await openCheckpoint(shared("goldens", golden))());
    const path = join(place, "m.gguf");
    await writeFile(path, await converted(folder, name, flat(folder.config as Config)));
    const file = right(await openGgufCheckpoint(path)());
    assert.is(printed(file.config), printed(folder.config));
    assert.equal([...file.tensors.keys()].sort(), [...folder.tensors.keys()].sort());
    for (const tensor of folder.tensors.keys()) {
      const whole = right(await folder.read(tensor)());
      sameValues(right(await file.read(tensor)()), whole, tensor);
      const rows = whole.shape[0] as number;
      for (const [first, count] of [
        [rows >> 1, 1],
        [1, rows - 2],
        [0, 0],
      ] as const)
        sameValues(
          right(await file.readRows(tensor, first, count)()),
          right(await folder.readRows(tensor, first, count)()),
          `rows ${first} and on of ${tensor}`,
        );
      assert.match(left(await file.readRows(tensor, rows - 1, 2)()), /expected rows within/);
    }
    await Promise.all([file.close(), folder.close()]);
  });

for (const golden of ["llama", "llama-tied-mha", "llama-biased", "llama-wide-heads"])
  goldenTest(`${golden} as a GGUF file is the folder's graph and the folder's weights`, () => agrees(golden, "llama"));

goldenTest("qwen2 as a GGUF file is the folder's graph and the folder's weights", () => agrees("qwen2", "qwen2"));

goldenTest("the real file: its configuration is its folder's", async () => {
  const file = right(await openGgufCheckpoint(shared("models", "SmolLM2-135M-Instruct.Q4_1.gguf"))());
  const folder = JSON.parse(readFileSync(shared("models", "smollm2-135m", "config.json"), "utf8"));
  assert.is(printed(file.config), printed(folder));
  assert.equal(file.eos, [2]);
  assert.is(file.tensors.size, 272);
  await file.close();
});

/** Rows of one block each, all told apart: a tensor of Q8_0 whose rows are 32 wide. */
const inBlocks = (name: string, rows: number): Stored => {
  const data = new Uint8Array(34 * rows);
  for (let row = 0; row < rows; row++) {
    data.set([row, 0x1c], 34 * row); // a scale of its own, near 2^-8
    for (let j = 0; j < 32; j++) data[34 * row + 2 + j] = (row * 37 + j * 11) % 256;
  }
  return { name, shape: [rows, 32], type: 8, data };
};

test("blocks are those of the values: rows of q and k change places whole", async () =>
  inFolder(async (folder) => {
    const path = join(folder, "m.gguf");
    const wide = { ...tiny, "llama.embedding_length": 32, "llama.feed_forward_length": 32 };
    const names = ["attn_q", "attn_k", "attn_v"].map((part) => `blk.0.${part}.weight`);
    const norm = floats("blk.0.attn_norm.weight", [32], new Float32Array(32));
    const stored = names.map((name) => inBlocks(name, 32));
    await writeFile(path, ggufBytes(wide, [inBlocks("token_embd.weight", 3), norm, ...stored]));
    const file = right(await openGgufCheckpoint(path)());
    const plain = right(await openGguf(path)());
    for (const part of ["q_proj", "k_proj", "v_proj"]) {
      const name = `model.layers.0.self_attn.${part}.weight`;
      const blocks = file.blocks?.(name) as Blocks;
      assert.is(blocks.format, "q8_0");
      const values = new Float32Array(32 * 32);
      const bytes = right(await blocks.read());
      for (let row = 0; row < 32; row++) q8_0(bytes, 34 * row, values, 32 * row);
      assert.equal([...values], [...right(await file.read(name)()).data], name);
      const moved = values.join() !== right(await plain.read(`blk.0.attn_${part[0]}.weight`)()).data.join();
      assert.is(moved, part !== "v_proj", name);
    }
    assert.is(file.blocks?.("model.layers.0.input_layernorm.weight"), undefined);
    assert.is(file.blocks?.("nothing"), undefined);
    assert.is(weightsIn(file).blocks?.("model.embed_tokens.weight")?.format, "q8_0");
    await Promise.all([file.close(), plain.close()]);
  }));

const tiny: Keys = {
  "general.architecture": "llama",
  "llama.block_count": 1,
  "llama.context_length": 16,
  "llama.embedding_length": 4,
  "llama.feed_forward_length": 4,
  "llama.attention.head_count": 2,
  "llama.attention.layer_norm_rms_epsilon": 1e-5,
};

const embedding = floats("token_embd.weight", [3, 4], new Float32Array(12));

const opened = (change: Keys, tensors: readonly Stored[] = []) =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "m.gguf"), ggufBytes({ ...tiny, ...change }, [embedding, ...tensors]));
    const file = await openGgufCheckpoint(join(folder, "m.gguf"))();
    if (E.isRight(file)) await file.right.close();
    return E.map((found: Checkpoint) => found.config)(file);
  });

const refused = async (message: RegExp, change: Keys, tensors: readonly Stored[] = []): Promise<void> =>
  assert.match(left(E.flatMap((config) => architectureOf(config, "m.gguf"))(await opened(change, tensors))), message);

test("what the header does not say is llama.cpp's default; scaling by a factor is handed on", async () => {
  const config = right(await opened({}));
  const { vocabulary, context, hidden } = right(architectureOf(config, "m.gguf"));
  assert.equal([vocabulary, context, hidden], [3, 16, 4]);
  const { rope_theta, rms_norm_eps, num_key_value_heads } = config as Config;
  assert.equal([rope_theta, rms_norm_eps, num_key_value_heads], [10_000, 1e-5, 2]);
  const scaled = await opened({ "llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 2 });
  assert.equal((right(scaled) as { rope_scaling: unknown }).rope_scaling, { rope_type: "linear", factor: 2 });
});

test("what would change the result and is not known is refused by name", async () => {
  await refused(/general\.architecture: expected one of llama, .*got "rwkv"/, { "general.architecture": "rwkv" });
  await refused(/llama\.attention\.clamp_kqv: .*got 8; not supported yet/, { "llama.attention.clamp_kqv": 8 });
  await refused(/m\.gguf at llama\.\\nlock: expected settings known/, { "llama.\nlock": 1 });
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`llama.x${i}`, 1]));
  assert.is(left(await opened(many)).split("\n").length, 20);
  await refused(/num_experts_per_tok/, { "llama.expert_count": 8 });
  await refused(/partial_rotary_factor/, { "llama.rope.dimension_count": 1 });
  await refused(/num_attention_heads/, { "llama.attention.head_count": [2, 3] });
  const row = floats("blk.0.attn_q_norm.weight", [4], new Float32Array(4));
  await refused(/attn_q_norm\.weight: expected a tensor of llama/, {}, [row]);
  const odd = floats("blk.0.attn_q.weight", [3, 4], new Float32Array(12));
  await refused(/attn_q\.weight: expected whole heads of pairs of rows, got heads of 1\.5 rows/, {}, [odd]);
  const divisors = floats("rope_freqs.weight", [1], Float32Array.of(3));
  await refused(/rope_freqs\.weight: expected the divisors of Llama 3/, {}, [divisors]);
  assert.ok(right(await opened({}, [floats("rope_freqs.weight", [1], Float32Array.of(1))])));
});

test.run();
