// Folders of blobs, which is what a page has: the same checkpoints, the same checks.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { modelIn } from "../src/assembled.ts";
import { type Blobs, folderOf, jsonIn } from "../src/folder.ts";
import { readBytes } from "../src/open-file.ts";
import { left, right } from "./either.ts";
import { entry, fileOf } from "./safetensors/bytes.ts";

const blobs = (files: Readonly<Record<string, string | Uint8Array>>): Blobs =>
  new Map(
    Object.entries(files).map(([name, part]) => [
      name,
      new Blob([typeof part === "string" ? part : Uint8Array.from(part)]),
    ]),
  );

const opened = (files: Readonly<Record<string, string | Uint8Array>>) => modelIn(folderOf("page", blobs(files)))();

test("a range of a blob is read where it was asked for, and no other", async () => {
  const asked: (readonly [number, number])[] = [];
  const blob = {
    size: 9,
    slice: (start: number, end: number) => {
      asked.push([start, end]);
      return new Blob(["0123456789"]).slice(start, end);
    },
  };
  const file = right(await folderOf("page", new Map([["data", blob]])).open("data")());
  assert.equal([...right(await readBytes(file, 2, 3)())], [50, 51, 52]);
  assert.equal(asked, [[2, 5]]);
});

test("a blob that is shorter than it said is a fault, not zeros", async () => {
  const blob = { size: 9, slice: (start: number, end: number) => new Blob(["0123"]).slice(start, end) };
  const file = right(await folderOf("page", new Map([["data", blob]])).open("data")());
  assert.match(left(await readBytes(file, 2, 3)()), "page/data: expected 3 bytes at 2, got 2");
});

test("a blob that cannot be read any more is a fault", async () => {
  const slice = () => ({ arrayBuffer: () => Promise.reject(new Error("the file was changed")) });
  const file = right(await folderOf("page", new Map([["data", { size: 9, slice }]])).open("data")());
  assert.match(left(await readBytes(file, 0, 3)()), "got the file was changed");
});

test("a name that is not there, whatever it is", async () => {
  const folder = folderOf("page", blobs({ "a.json": "{}" }));
  for (const name of ["b.json", "__proto__", "constructor", "../a.json"])
    assert.match(left(await jsonIn(folder, name, 100)()), "only a.json; give it with the others");
  assert.match(left(await jsonIn(folderOf("page", new Map()), "a", 9)()), "got only nothing");
});

test("JSON is bounded and read as strictly as from a disk", async () => {
  const folder = folderOf("page", blobs({ "a.json": '{"x":1,"x":2}', "empty.json": "" }));
  assert.match(left(await jsonIn(folder, "a.json", 5)()), "expected at most 5 bytes, got 13");
  assert.match(left(await jsonIn(folder, "a.json", 100)()), "every key once");
  assert.match(left(await jsonIn(folder, "empty.json", 100)()), "an empty file");
});

const weights = fileOf(`{"a":${entry("F32", [1], 0, 4)}}`, new Uint8Array(Float32Array.of(1).buffer));

test("what a page lacks or has damaged is said as on a disk", async () => {
  const config = '{"model_type":"llama"}';
  assert.match(left(await opened({})), "page: expected model.safetensors or model.safetensors.index.json");
  assert.match(left(await opened({ "model.safetensors": weights })), "page/config.json: expected a file, got only");
  assert.match(
    left(await opened({ "pytorch_model.bin": "", "config.json": config })),
    "only pytorch_model.bin; convert it",
  );
  const index = '{"weight_map":{"a":"x.safetensors"}}';
  const sharded = { "config.json": config, "model.safetensors.index.json": index };
  assert.match(left(await opened(sharded)), "without x.safetensors; download the rest");
  assert.match(left(await opened({ ...sharded, "x.safetensors": weights.subarray(0, 20) })), "page/x.safetensors");
  assert.match(left(await opened({ ...sharded, "x.safetensors": weights })), "page/config.json");
});

test.run();
