import { test } from "uvu";
import * as assert from "uvu/assert";
import { findLayout, namesIn } from "../../src/checkpoint/layout.ts";
import { left, right } from "../either.ts";
import { withFiles } from "../folder.ts";

test("a single file goes before an index, as in transformers", () =>
  withFiles({ "model.safetensors": "", "model.safetensors.index.json": "" }, async (folder) => {
    const names = right(await namesIn(folder)());
    assert.equal(right(await findLayout(folder, names)()), { files: ["model.safetensors"] });
  }));

test("shards are listed once, in order", () =>
  withFiles(
    { "model.safetensors.index.json": '{"weight_map":{"x":"b.safetensors","y":"a.safetensors","z":"b.safetensors"}}' },
    async (folder) => {
      const names = ["model.safetensors.index.json", "a.safetensors", "b.safetensors"];
      const { files, fileOf } = right(await findLayout(folder, names)());
      assert.equal(files, ["a.safetensors", "b.safetensors"]);
      assert.is(fileOf?.get("z"), "b.safetensors");
      assert.match(left(await findLayout(folder, names.slice(0, 2))()), "without b.safetensors");
    },
  ));

test("a sharded pickle is a pickle", async () => {
  assert.match(left(await findLayout("m", ["pytorch_model.bin.index.json"])()), "only pytorch_model.bin.index.json");
  const shards = ["pytorch_model-00002-of-00002.bin", "pytorch_model-00001-of-00002.bin"];
  assert.match(left(await findLayout("m", shards)()), "only pytorch_model-00001-of-00002.bin; convert it once");
  assert.match(left(await findLayout("m", ["consolidated.00.pth"])()), "only consolidated.00.pth; convert it once");
});

test("a folder with a GGUF file is not opened in its place", async () => {
  assert.match(left(await findLayout("m", ["a.gguf"])()), "only a.gguf; give the .gguf file itself");
});

test.run();
