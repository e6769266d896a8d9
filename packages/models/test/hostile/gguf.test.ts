import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { architectureOf } from "../../src/families.ts";
import { openGgufCheckpoint } from "../../src/gguf/checkpoint.ts";
import { tokenizerOf } from "../../src/tokenizer.ts";
import { right } from "../either.ts";
import { inFolder } from "../folder.ts";
import { floats, ggufBytes, type Keys } from "../gguf/bytes.ts";
import { fuzz } from "../seed.ts";
import { damaged, settled } from "./mutate.ts";

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

const MOST = 400 * 2 ** 20; // bytes that the process may grow by over all cases: each reader has a buffer of 2 MB for a while

// 10,000 take half a minute on a quiet machine, most of it for the 2 MB that the reader fills for each: FUZZ_CASES=10000 tries them.
test("2,000 damaged GGUF files: what opens is read and decoded, or faults", () =>
  inFolder(async (folder) => {
    const path = join(folder, "m.gguf");
    await writeFile(path, whole);
    await right(await openGgufCheckpoint(path)()).close();
    const before = process.resourceUsage().maxRSS * 1024;
    let longest = 0;
    let opens = 0;
    const property = fc.asyncProperty(damaged(whole), async (bytes) => {
      const begun = performance.now();
      await writeFile(path, bytes);
      const opened = await openGgufCheckpoint(path)();
      settled(opened);
      if (E.isRight(opened)) {
        opens += 1;
        const { tensors, read, readRows, config, tokenizer, close } = opened.right;
        settled(architectureOf(config, path));
        settled(E.flatMap((json: unknown) => tokenizerOf(json, path))(tokenizer));
        for (const name of tensors.keys()) {
          settled(await read(name)(), ({ data }) => assert.ok(data.length <= 8 * bytes.length));
          settled(await readRows(name, 0, 1)());
        }
        await close();
      }
      longest = Math.max(longest, performance.now() - begun);
    });
    await fc.assert(property, fuzz(2000));
    assert.ok(longest < 5000, `${longest} ms for one file`);
    assert.ok(opens > 20, `${opens} opened`);
    const grown = process.resourceUsage().maxRSS * 1024 - before;
    assert.ok(grown < MOST, `${grown} bytes more`);
  }));

test.run();
