import { test } from "uvu";
import * as assert from "uvu/assert";
import { findLayout } from "../../src/checkpoint/layout.ts";
import { diskFolder, onDisk } from "../../src/disk.ts";
import { left, right } from "../either.ts";
import { withFiles } from "../folder.ts";

test("a single file goes before an index, as in transformers", () =>
  withFiles({ "model.safetensors": "", "model.safetensors.index.json": "" }, async (folder) => {
    assert.equal(right(await findLayout(right(await diskFolder(folder)()))()), { files: ["model.safetensors"] });
  }));

test("shards are listed once, in order", () =>
  withFiles(
    { "model.safetensors.index.json": '{"weight_map":{"x":"b.safetensors","y":"a.safetensors","z":"b.safetensors"}}' },
    async (folder) => {
      const names = ["model.safetensors.index.json", "a.safetensors", "b.safetensors"];
      const { files, fileOf } = right(await findLayout(onDisk(folder, names))());
      assert.equal(files, ["a.safetensors", "b.safetensors"]);
      assert.is(fileOf?.get("z"), "b.safetensors");
      assert.match(left(await findLayout(onDisk(folder, names.slice(0, 2)))()), "without b.safetensors");
    },
  ));

test("a sharded pickle is a pickle", async () => {
  assert.match(
    left(await findLayout(onDisk("m", ["pytorch_model.bin.index.json"]))()),
    "only pytorch_model.bin.index.json",
  );
  const shards = ["pytorch_model-00002-of-00002.bin", "pytorch_model-00001-of-00002.bin"];
  assert.match(left(await findLayout(onDisk("m", shards))()), "only pytorch_model-00001-of-00002.bin; convert it once");
  assert.match(
    left(await findLayout(onDisk("m", ["consolidated.00.pth"]))()),
    "only consolidated.00.pth; convert it once",
  );
});

test("a folder with a GGUF file is not opened in its place", async () => {
  assert.match(left(await findLayout(onDisk("m", ["a.gguf"]))()), "only a.gguf; give the .gguf file itself");
});

test.run();
