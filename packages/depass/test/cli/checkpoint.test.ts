import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { called } from "../run.ts";
import { configJson, newFolder, remove, writeCheckpoint } from "../tiny.ts";

/** Status and message for a checkpoint that something was done to; never a stack trace, never a result. */
const after = async (damage: (folder: string) => Promise<unknown>, message: RegExp): Promise<void> => {
  const folder = await newFolder();
  try {
    await writeCheckpoint(folder);
    await damage(folder);
    const { code, stdout, stderr } = await called([
      "attribute",
      "--model",
      folder,
      "--prompt",
      "on the",
      "--backend",
      "reference",
    ]);
    assert.is(code, 1, stderr);
    assert.is(stdout, "");
    assert.match(stderr, message);
    assert.ok(stderr.split("\n").every((line) => line === "" || line.startsWith("depass: ")));
  } finally {
    await remove(folder);
  }
};

const config = (change: object) => (folder: string) =>
  writeFile(join(folder, "config.json"), JSON.stringify({ ...configJson(), ...change }));

test("a folder that is not there, or is a file", async () => {
  await after(remove, /expected a folder, a \.gguf file or a hub id \(owner\/name\), got nothing there/);
  const { code, stderr } = await called(["attribute", "--model", import.meta.filename ?? "/dev/null", "--prompt", "a"]);
  assert.is(code, 1);
  assert.match(stderr, /expected a folder/);
});

test("a folder without one of its files", async () => {
  for (const name of ["config.json", "tokenizer.json", "model.safetensors"])
    await after((folder) => rm(join(folder, name)), new RegExp(`^depass: .*${name.replace("model.", "")}`));
});

test("weights that are cut off, or are none", async () => {
  await after((folder) => truncate(join(folder, "model.safetensors"), 5000), /model\.safetensors/);
  await after((folder) => writeFile(join(folder, "model.safetensors"), "not weights at all"), /model\.safetensors/);
  await after((folder) => writeFile(join(folder, "model.safetensors"), ""), /model\.safetensors/);
});

test("weights that are not those of the configuration, and one that is no number", async () => {
  await after(
    config({ num_hidden_layers: 3 }),
    /at model\.layers\.2\.input_layernorm\.weight: expected a tensor of this name/,
  );
  await after(config({ intermediate_size: 32 }), /weight .*mlp.*: expected \[32, 16\].*, got \[24, 16\]/);
  await after(async (folder) => {
    const path = join(folder, "model.safetensors");
    const bytes = await readFile(path);
    const begin = 8 + Number(bytes.readBigUInt64LE(0));
    bytes.fill(0xff, begin, begin + 4096); // NaN in every f32
    await writeFile(path, bytes);
  }, /expected finite numbers/);
});

test("a family or a setting that is not known", async () => {
  await after(config({ model_type: "mamba" }), /model_type: expected one of .*llama.* got "mamba"/);
  await after(config({ hidden_act: "mish" }), /hidden_act: expected .*"silu".* got "mish"/);
  await after((folder) => writeFile(join(folder, "config.json"), "{"), /config\.json/);
  await after((folder) => writeFile(join(folder, "tokenizer.json"), "[]"), /tokenizer\.json/);
});

test.run();
