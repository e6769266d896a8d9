import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { architectureOf } from "../../src/families.ts";
import { type GgufCheckpoint, ggufCheckpointIn } from "../../src/gguf/checkpoint.ts";
import type { OpenFile } from "../../src/open-file.ts";
import { tokenizerOf } from "../../src/tokenizer.ts";
import { floats, ggufBytes, type Keys } from "../gguf/bytes.ts";
import { fuzz } from "../seed.ts";
import { damaged, settled, stopwatch } from "./mutate.ts";

const keys: Keys = {
  "general.architecture": "llama",
  "llama.block_count": 1,
  "llama.context_length": 16,
  "llama.embedding_length": 4,
  "llama.feed_forward_length": 4,
  "llama.attention.head_count": 1,
  "llama.attention.layer_norm_rms_epsilon": 1e-5,
  "tokenizer.ggml.model": "gpt2",
  "tokenizer.ggml.pre": "gpt-2",
  "tokenizer.ggml.tokens": ["a", "b", "ab"],
  "tokenizer.ggml.token_type": [1, 1, 3],
  "tokenizer.ggml.merges": ["a b"],
};

const whole = ggufBytes(keys, [
  floats("token_embd.weight", [3, 4], new Float32Array(12)),
  { name: "blk.0.attn_q.weight", shape: [4, 32], type: 3, data: new Uint8Array(80) },
  floats("output_norm.weight", [4], new Float32Array(4)),
]);

/** Bytes as an open file, and how often it was closed. */
const inMemory = (bytes: Buffer) => {
  let closed = 0;
  const read = async (into: Uint8Array, offset: number, length: number, position: number) => ({
    bytesRead: bytes.copy(into, offset, position, position + length),
  });
  const close = async (): Promise<void> => {
    closed += 1;
  };
  const file: OpenFile = { path: "m.gguf", handle: { read, close }, bytes: bytes.length };
  return { file, closed: () => closed };
};

/** Everything that an open checkpoint can be asked for. */
const used = async ({ tensors, read, readRows, blocks, config, tokenizer }: GgufCheckpoint, most: number) => {
  settled(architectureOf(config, "m.gguf"));
  settled(E.flatMap((json: unknown) => tokenizerOf(json, "m.gguf"))(tokenizer));
  for (const name of tensors.keys()) {
    settled(await read(name)(), ({ data }) => assert.ok(data.length <= most));
    settled(await readRows(name, 0, 1)());
    const packed = blocks?.(name);
    if (packed !== undefined) settled(await packed.read());
  }
};

const MOST = 400 * 2 ** 20; // bytes that the process may grow by over all cases: each reader has a buffer of 2 MB for a while

test("10,000 damaged GGUF files: what opens is read and decoded, or faults; all are closed", async () => {
  const before = process.resourceUsage().maxRSS * 1024;
  const watch = stopwatch();
  let opens = 0;
  const property = fc.asyncProperty(damaged(whole), (bytes) =>
    watch.timedAsync(async () => {
      const { file, closed } = inMemory(bytes);
      const opened = await ggufCheckpointIn(file)();
      settled(opened);
      if (E.isRight(opened)) {
        opens += 1;
        await used(opened.right, 8 * bytes.length);
        await opened.right.close();
      }
      assert.is(closed(), 1);
    }),
  );
  await fc.assert(property, fuzz(10_000));
  assert.ok(watch.ended());
  assert.ok(opens > 20, `${opens} opened`);
  const grown = process.resourceUsage().maxRSS * 1024 - before;
  assert.ok(grown < MOST, `${grown} bytes more`);
});

test.run();
