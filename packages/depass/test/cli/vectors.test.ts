// --basis and --direction: what a script gets by the same numbers, from either kind of file, made again when it is named, and files
// that are none.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { f32, orThrow, reference, type Tensor } from "@depass/graph";
import { entryOf, writeSafetensors } from "@depass/models";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attribute, load } from "../../src/attribute.ts";
import { subspaceLevel } from "../../src/subspaces.ts";
import { called } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("--basis and --direction");
let folder = "";
test.before(async () => {
  folder = await newFolder();
  await writeCheckpoint(folder);
});
test.after(() => remove(folder));

const WIDTH = 16;
const axis = (at: number, value = 1): number[] => Array.from({ length: WIDTH }, (_, d) => (d === at ? value : 0));
const TWO = [axis(3), axis(5).map((x, d) => x + (d === 3 ? 2 : 0))];
const ONE = axis(7, 4);
const DIRECTION = Array.from({ length: WIDTH }, (_, d) => d - 4);

const json = async (name: string, content: unknown): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};

const tensors = async (name: string, all: Readonly<Record<string, Tensor>>): Promise<string> => {
  const path = join(folder, name);
  const entries = Object.entries(all).map(([key, tensor]) => entryOf(key, tensor));
  orThrow(await writeSafetensors(path, entries)());
  return path;
};

const run = (command: string, ...args: readonly string[]) =>
  called([command, "--model", folder, "--backend", "reference", "--prompt", "on the Paris", ...args]);

const partsOf = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await run("attribute", "--json", ...args);
  assert.equal([stderr, code], ["", 0]);
  return JSON.parse(stdout).parts as readonly { readonly name: string; readonly score: number }[];
};

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

test("bases from either file are what a script has of the same numbers; each part has its tensor's name", async () => {
  const model = await load(folder);
  const bases = [
    { name: "two", rows: TWO },
    { name: "one", rows: [ONE] },
  ];
  const seed = orThrow(subspaceLevel(model.architecture, 1, bases));
  const { parts } = await attribute(model, "on the Paris", { backend: reference, seed, direction: DIRECTION });
  await model.close();
  const asked = ["--seed", "subspace", "--from", "1", "--direction", await json("d.json", DIRECTION), "--basis"];
  const ofJson = await partsOf(...asked, await json("b.json", { two: TWO, one: ONE }));
  assert.equal(ofJson, plain(parts));
  assert.equal(
    ofJson.map(({ name }) => name),
    ["two", "one", "bias", "remainder"],
  );
  const file = await tensors("b.safetensors", { two: f32([2, WIDTH], TWO.flat()), one: f32([WIDTH], ONE) });
  const found = await partsOf(...asked, file);
  const score = (name: string) => found.find((part) => part.name === name)?.score;
  for (const part of ofJson) assert.is(score(part.name), part.score, part.name);
});

test("a direction alone: what is said of it, and the same by a module", async () => {
  const path = await tensors("d.safetensors", { probe: f32([1, WIDTH], DIRECTION) });
  const module = join(folder, "d.mjs");
  await writeFile(module, `export const method = () => ({ direction: ${JSON.stringify(DIRECTION)} });`);
  assert.equal(await partsOf("--direction", path), await partsOf("--method", module));
  assert.match(
    (await run("attribute", "--direction", path)).stdout,
    /^target {3}a direction of one's own; of tokens /m,
  );
  assert.match((await run("map", "--direction", path, "--json")).stdout, /"direction":true/);
  const both = await run("attribute", "--direction", path, "--method", module);
  assert.match(both.stderr, /--direction: expected none beside that of --method, got both/);
  assert.match((await run("attribute", "--direction", path, "--foil", " the")).stderr, /cannot be used with option/);
});

test("saved, it is made again when the files are named, and says so where they are not or differ", async () => {
  const [basis, direction] = [await json("v.json", { two: TWO }), await json("w.json", DIRECTION)];
  const [saved, text] = [join(folder, "saved.json"), join(folder, "text.json")];
  const files = ["--basis", basis, "--direction", direction];
  await partsOf("--seed", "subspace", ...files, "--save", saved);
  const { call } = JSON.parse(await readFile(saved, "utf8"));
  assert.equal([call.seed, call.basis, call.direction], ["subspace", basis, direction]);
  const verify = (path: string, ...args: readonly string[]) =>
    called(["verify", path, "--backend", "reference", ...args]);
  const again = await verify(saved, ...files);
  assert.equal([again.stderr, again.code], ["", 0]);
  const alone = await verify(saved, "--direction", direction);
  assert.match(alone.stderr, /^depass: --basis: expected .*v\.json, as .*saved\.json has it, got none; name the file/);
  const other = await verify(saved, "--basis", basis, "--direction", await json("x.json", axis(1)));
  assert.match(other.stdout, /^DIFFERS scores/m);
  const wrote = ["--max-tokens", "2", "--explain", "--parts", "subspace", "--basis", basis, "--save", text];
  assert.is((await run("generate", ...wrote)).stderr, "");
  const read = await verify(text, "--basis", basis);
  assert.equal([read.stderr, read.code], ["", 0]);
  const csv = await run("compare", "--seed", "subspace", "--basis", basis, "--format", "csv");
  assert.match(csv.stdout, /^two,/m);
  const planned = [
    "plan",
    "--model",
    folder,
    "--tokens",
    "5",
    "--backend",
    "cpu",
    "--seed",
    "subspace",
    "--basis",
    basis,
  ];
  assert.match((await called(planned)).stdout, /operations/);
});

const faults: readonly (readonly [option: string, content: unknown, message: RegExp])[] = [
  ["--basis", "{", /f\.json: expected JSON/],
  ["--basis", 7, /f\.json: expected \{ "name": .*got number/],
  ["--basis", "null", /got null/],
  ["--basis", {}, /f\.json: expected \{ "name": /],
  ["--basis", { a: "x" }, /f\.json: "a": expected rows of finite numbers/],
  ["--basis", { a: [[...ONE], "x"] }, /rows of finite numbers/],
  ["--basis", '{ "a": [1e999] }', /rows of finite numbers/],
  ["--basis", { a: [1, 2] }, /f\.json: "a": expected at most 16 rows of 16 numbers \(the model's width\), got 1 of 2/],
  ["--basis", { a: new Array(17).fill(ONE) }, /at most 16 rows of 16 numbers .*got 17 of 16/],
  ["--basis", { a: [axis(1), axis(1, 3)] }, /basis "a": expected rows of which none is made of the others/],
  ["--basis", { a: [axis(1)], b: [axis(1, 2)] }, /at right angles, .*got cosines of norm 1\.0000 with "b"/],
  ["--direction", TWO, /f\.json: expected one direction, got 2/],
  ["--direction", [1, 2], /f\.json: expected at most 16 rows of 16 numbers/],
];
for (const [option, content, message] of faults)
  test(`${option} of ${JSON.stringify(content).slice(0, 50)} is a fault`, async () => {
    const path = await json("f.json", content);
    const { code, stdout, stderr } = await run(
      "attribute",
      ...(option === "--basis" ? ["--seed", "subspace"] : []),
      option,
      path,
    );
    assert.match(stderr, message);
    assert.equal([code, stdout], [1, ""]);
  });

test("tensors of another size or not finite are not read; options that belong together", async () => {
  const asked = ["--seed", "subspace", "--basis"];
  const odd = await tensors("odd.safetensors", { a: f32([2, 3], [1, 2, 3, 4, 5, 6]) });
  assert.match(
    (await run("attribute", ...asked, odd)).stderr,
    /"a": expected a tensor \[16\] .* or \[K, 16\].*, got \[2, 3\]/,
  );
  const deep = await tensors("deep.safetensors", { a: f32([1, 1, WIDTH], ONE) });
  assert.match((await run("attribute", ...asked, deep)).stderr, /got \[1, 1, 16\]/);
  const nan = await tensors("nan.safetensors", { a: f32([WIDTH], axis(2, Number.NaN)) });
  assert.match((await run("attribute", ...asked, nan)).stderr, /"a": expected finite numbers/);
  const many = await tensors("many.safetensors", {
    a: f32([9, WIDTH], new Array(144).fill(1)),
    b: f32([8, WIDTH], new Array(128).fill(1)),
  });
  assert.match(
    (await run("attribute", ...asked, many)).stderr,
    /tensors of 1 to 16 rows in all \(the model's width\), got 17/,
  );
  const usage: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [["--seed", "subspace"], /--seed subspace: expected --basis FILE with it, got none/],
    [["--basis", odd], /"a": expected a tensor/],
    [["--basis", await json("good.json", ONE)], /--basis: expected --seed subspace with it, got --seed token/],
    [["--basis", "x.npy"], /Expected a name that ends in \.safetensors or \.json/],
    [[...asked, "none.json"], /none\.json: expected a text, got nothing there/],
    [[...asked, join(folder, "config.json")], /config\.json: "architectures": expected rows of finite numbers/],
  ];
  for (const [args, message] of usage) {
    const { code, stdout, stderr } = await run("attribute", ...args);
    assert.match(stderr, message);
    assert.ok(stdout === "" && (code === 1 || code === 2));
  }
});

test.run();
