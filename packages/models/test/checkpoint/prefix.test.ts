import * as TE from "fp-ts/lib/TaskEither.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { underPrefix } from "../../src/checkpoint/prefix.ts";
import { openCheckpoint } from "../../src/checkpoint.ts";
import { left, right } from "../either.ts";
import { withFiles } from "../folder.ts";
import { entry, fileOf } from "../safetensors/bytes.ts";

const floats = (...values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const folderOf = (first: string, second: string) => ({
  "config.json": "{}",
  "model.safetensors": fileOf(
    `{"${first}":${entry("F32", [2, 1], 0, 8)},"${second}":${entry("F32", [1], 8, 12)}}`,
    floats(1, 2, 3),
  ),
});

test("a base model's tensors are found by the whole model's names", () =>
  withFiles(folderOf("wte.weight", "ln_f.bias"), async (folder) => {
    const checkpoint = right(await openCheckpoint(folder)());
    const found = underPrefix("transformer.")(checkpoint);
    assert.equal([...right(await found.read("transformer.wte.weight")()).data], [1, 2]);
    assert.equal([...right(await found.readRows("transformer.wte.weight", 1, 1)()).data], [2]);
    assert.equal([...right(await found.read("ln_f.bias")()).data], [3]);
    assert.equal(found.tensors.get("transformer.ln_f.bias")?.shape, [1]);
    assert.is(found.blocks, undefined);
    const inBlocks = underPrefix("transformer.")({
      ...checkpoint,
      blocks: (name) => (name === "wte.weight" ? { format: "q8_0", read: TE.right(new Uint8Array()) } : undefined),
    });
    assert.is(inBlocks.blocks?.("transformer.wte.weight")?.format, "q8_0");
    assert.is(inBlocks.blocks?.("transformer.ln_f.bias"), undefined);
    assert.not(found.tensors.has("transformer.ln_f.weight"));
    assert.match(left(await found.read("transformer.ln_f.weight")()), "expected a tensor of this name, got none");
    await checkpoint.close();
  }));

test("where a tensor has the prefix, names are what they are", () =>
  withFiles(folderOf("transformer.wte.weight", "ln_f.bias"), async (folder) => {
    const checkpoint = right(await openCheckpoint(folder)());
    const found = underPrefix("transformer.")(checkpoint);
    assert.equal([...right(await found.read("transformer.wte.weight")()).data], [1, 2]);
    assert.not(found.tensors.has("transformer.ln_f.bias"));
    left(await found.read("transformer.ln_f.bias")());
    await checkpoint.close();
  }));

test.run();
