import { test } from "uvu";
import * as assert from "uvu/assert";
import { openWeights } from "../../src/checkpoint/weights.ts";
import { onDisk } from "../../src/disk.ts";
import { left, right } from "../either.ts";
import { withFiles } from "../folder.ts";
import { entry, fileOf } from "../safetensors/bytes.ts";

const one = fileOf(`{"__proto__":${entry("F32", [1], 0, 4)}}`, new Uint8Array(4));

test("the same name in two shards is the one that the index means", () =>
  withFiles({ "a.safetensors": one, "b.safetensors": one }, async (folder) => {
    const files = ["a.safetensors", "b.safetensors"];
    const weights = right(
      await openWeights(onDisk(folder, []), { files, fileOf: new Map([["__proto__", "b.safetensors"]]) })(),
    );
    assert.equal(weights.unlisted, ["a.safetensors: __proto__"]);
    assert.equal([...right(await weights.read("__proto__")()).data], [0]);
    await weights.close();
  }));

test("one damaged shard is the fault of all", () =>
  withFiles({ "a.safetensors": one, "b.safetensors": one.subarray(0, 30) }, async (folder) => {
    assert.match(
      left(await openWeights(onDisk(folder, []), { files: ["a.safetensors", "b.safetensors"] })()),
      "b.safetensors",
    );
  }));

test.run();
