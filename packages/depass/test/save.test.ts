import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { showFaults, toF64 } from "@depass/graph";
import { openSafetensors } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toJson } from "../src/result.ts";
import { checkPlace, save } from "../src/save.ts";
import { attributionOf } from "./report/tokens.ts";

const test = suite("save");
let folder = "";
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), "depass-save-"));
});
test.after(() => rm(folder, { recursive: true, force: true }));

const sample = attributionOf(["a", " b"], [1, 2]);

const saved = async (name: string): Promise<string> => {
  const path = join(folder, name);
  const result = await save(path, sample)();
  if (E.isLeft(result)) throw new Error(showFaults(result.left));
  return path;
};

const faultOf = async (path: string): Promise<string> => {
  const result = await checkPlace(path)();
  return E.isLeft(result) ? showFaults(result.left) : "none";
};

test("JSON is what --json prints", async () => {
  assert.equal(JSON.parse(await readFile(await saved("a.json"), "utf8")), JSON.parse(JSON.stringify(toJson(sample))));
});

test("safetensors have states, scores and ids, row by row, and the JSON beside them", async () => {
  const opened = await openSafetensors(await saved("a.safetensors"))();
  if (E.isLeft(opened)) throw new Error(showFaults(opened.left));
  const file = opened.right;
  const values = async (name: string): Promise<readonly [readonly number[], readonly number[]]> => {
    const read = await file.read(name)();
    if (E.isLeft(read)) throw new Error(showFaults(read.left));
    return [read.right.shape, [...toF64(read.right)]];
  };
  assert.equal(await values("parts"), [
    [3, 1],
    [1, 2, 0],
  ]);
  assert.equal(await values("scores"), [[3], [1, 2, 0]]);
  assert.equal(await values("ids"), [[2], [0, 1]]);
  assert.equal(JSON.parse(file.metadata.get("rows") ?? ""), ["a", " b", "remainder"]);
  assert.equal(JSON.parse(file.metadata.get("depass") ?? ""), JSON.parse(JSON.stringify(toJson(sample))));
  await file.close();
});

test("a file that is there is replaced, and nothing is left beside it", async () => {
  await writeFile(join(folder, "b.json"), "old");
  await saved("b.json");
  assert.ok((await readFile(join(folder, "b.json"), "utf8")).startsWith("{"));
  assert.is(await faultOf(join(folder, "b.json")), "none");
  assert.equal(
    (await readdir(folder)).filter((name) => name.endsWith(".tmp")),
    [],
  );
});

test("a place is refused before anything is written there", async () => {
  assert.match(
    await faultOf(join(folder, "x.txt")),
    /expected a name that ends in \.json or \.safetensors or \.jsonl, got \.txt$/,
  );
  assert.match(await faultOf(join(folder, "x")), /got none of them$/);
  assert.match(await faultOf(join(folder, "none", "x.json")), /got a folder that does not exist$/);
  assert.match(await faultOf(join(folder, "b.json", "x.json")), /got a path through something that is not a folder$/);
  assert.match(await faultOf(join(folder, `${"x".repeat(300)}.json`)), /got a name that is too long$/);
});

test.run();
