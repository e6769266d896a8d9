import { test } from "uvu";
import * as assert from "uvu/assert";
import { openCheckpoint } from "../src/checkpoint.ts";
import { left, right } from "./either.ts";
import { withFiles } from "./folder.ts";
import { entry, fileOf } from "./safetensors/bytes.ts";
import { goldenTest, shared } from "./shared.ts";

const float = (value: number): Uint8Array => new Uint8Array(Float32Array.of(value).buffer);
const shard = (name: string, value: number): Uint8Array =>
  fileOf(`{"${name}":${entry("F32", [1], 0, 4)}}`, float(value));
const index = (map: Readonly<Record<string, unknown>>): string => JSON.stringify({ metadata: {}, weight_map: map });

type Files = Readonly<Record<string, string | Uint8Array>>;

const refused = (files: Files, words: string): Promise<void> =>
  withFiles(files, async (folder) => assert.match(left(await openCheckpoint(folder)()), words));

const SHARDED: Files = {
  "config.json": '{"model_type":"llama"}',
  "generation_config.json": '{"eos_token_id":[2,3]}',
  "1.safetensors": shard("a", 1),
  "2.safetensors": shard("b", 2),
  "model.safetensors.index.json": index({ a: "1.safetensors", b: "2.safetensors" }),
};

test("a single file", () =>
  withFiles({ "config.json": "{}", "model.safetensors": shard("a", 1) }, async (folder) => {
    const found = right(await openCheckpoint(folder)());
    assert.equal([found.folder, found.config, found.eos, found.unlisted], [folder, {}, undefined, []]);
    assert.equal(found.tensors.get("a"), { dtype: "F32", shape: [1], bytes: 4 });
    assert.equal([...right(await found.read("a")()).data], [1]);
    assert.match(left(await found.read("b")()), "b: expected a tensor of this name, got none");
    await found.close();
    left(await found.read("a")());
  }));

test("shards answer as one", () =>
  withFiles(SHARDED, async (folder) => {
    const found = right(await openCheckpoint(folder)());
    assert.equal([...found.tensors.keys()], ["a", "b"]);
    assert.equal([...right(await found.read("b")()).data], [2]);
    assert.equal([...right(await found.readRows("a", 0, 1)()).data], [1]);
    assert.equal(found.eos, [2, 3]);
    await found.close();
  }));

test("tensors that the index does not place are reported, not used", () => {
  const both = fileOf(
    `{"b":${entry("F32", [1], 0, 4)},"c":${entry("F32", [1], 4, 8)}}`,
    Uint8Array.from([...float(9), ...float(9)]),
  );
  const files = { ...SHARDED, "1.safetensors": shard("a", 1), "2.safetensors": both };
  return withFiles(
    { ...files, "model.safetensors.index.json": index({ a: "1.safetensors", b: "2.safetensors" }) },
    async (folder) => {
      const found = right(await openCheckpoint(folder)());
      assert.equal(found.unlisted, ["2.safetensors: c"]);
      assert.not(found.tensors.has("c"));
      await found.close();
    },
  );
});

test("missing shards and lost tensors are listed", async () => {
  const { "2.safetensors": _, ...incomplete } = SHARDED;
  await refused(incomplete, "expected 2 shards, got without 2.safetensors");
  const lost = index({ a: "1.safetensors", b: "2.safetensors", z: "1.safetensors" });
  await refused({ ...SHARDED, "model.safetensors.index.json": lost }, "without z (1.safetensors)");
});

test("an index names plain files beside it", async () => {
  for (const name of [
    "../x.safetensors",
    "/etc/x.safetensors",
    "a/b.safetensors",
    "a\\b.safetensors",
    "C:x.safetensors",
    "x.bin",
    "",
    ".safetensors",
    "..safetensors",
    7,
  ]) {
    await refused(
      { ...SHARDED, "model.safetensors.index.json": index({ a: name }) },
      "weight_map.a: expected the plain name",
    );
  }
  await refused(
    { ...SHARDED, "model.safetensors.index.json": "{}" },
    "at weight_map: expected an object of file names, got nothing",
  );
  await refused({ ...SHARDED, "model.safetensors.index.json": index({}) }, "expected at least one tensor");
  await refused(
    { ...SHARDED, "model.safetensors.index.json": '{"weight_map":{"a":"1.safetensors","a":"2.safetensors"}}' },
    "repeated a",
  );
});

test("a pickle is refused with a word on how to convert it", async () => {
  await refused(
    { "config.json": "{}", "pytorch_model.bin": "x" },
    "only pytorch_model.bin; convert it once, in Python",
  );
});

test("no checkpoint is one clear fault", async () => {
  await refused({}, "expected model.safetensors or model.safetensors.index.json, got an empty folder");
  await refused({ "a.txt": "", "b.txt": "" }, "got a.txt, b.txt");
  await refused({ "model.safetensors": shard("a", 1) }, "config.json: expected a file, got nothing there");
  await refused({ "config.json": "{", "model.safetensors": shard("a", 1) }, "config.json: expected JSON");
  await refused({ "config.json": "", "model.safetensors": shard("a", 1) }, "got an empty file");
  await refused({ "config.json": "{}", "model.safetensors": "" }, "expected at least 8 bytes");
  assert.match(
    left(await openCheckpoint("/no/such/folder")()),
    "/no/such/folder: expected a folder, got nothing there",
  );
  await withFiles({ file: "" }, async (folder) => {
    assert.match(left(await openCheckpoint(`${folder}/file`)()), "expected a folder, got a file");
  });
});

test("a generation_config.json says its end ids or nothing", async () => {
  const files = { "config.json": "{}", "model.safetensors": shard("a", 1) };
  for (const [json, eos] of [
    ["{}", undefined],
    ['{"eos_token_id":null}', undefined],
    ['{"eos_token_id":2}', [2]],
  ] as const) {
    await withFiles({ ...files, "generation_config.json": json }, async (folder) => {
      const found = right(await openCheckpoint(folder)());
      assert.equal(found.eos, eos);
      await found.close();
    });
  }
  await refused(
    { ...files, "generation_config.json": '{"eos_token_id":"x"}' },
    'eos_token_id: expected a token id or a list of them, got "x"',
  );
});

goldenTest("every golden model opens", async () => {
  for (const family of ["llama", "llama3-rope", "qwen2", "gemma2", "gpt2", "mixtral"]) {
    const found = right(await openCheckpoint(shared("goldens", family))());
    assert.ok(found.tensors.size > 10);
    await found.close();
  }
});

test.run();
