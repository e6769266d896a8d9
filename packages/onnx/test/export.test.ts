// Files against the f64 evaluator: every op, random graphs, random models decomposed and packed, each at two sizes with one
// file; weights in every stored type; and all that can go wrong outside.
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  add,
  broadcast,
  f32,
  type Graph,
  i32,
  input,
  iota,
  linear,
  orThrow,
  pack,
  reshape,
  showFaults,
  simplify,
  type Tensors,
  tensor,
  weight,
  weightsOf,
} from "@depass/graph";
import { cases, decompositions, graphs, tensorsFor } from "@depass/graph/testing";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ExportOptions, exportOnnx } from "../src/export.ts";
import { exported, newFolder, opened, remove, sameInFile } from "./files.ts";
import { fuzz } from "./seed.ts";

const test = suite("export");
let folder = "";
test.before(async () => {
  folder = await newFolder();
});
test.after(() => remove(folder));

for (const { name, graph, tensors, sizes } of cases) test(name, () => sameInFile(folder, graph, [{ tensors, sizes }]));

test("random graphs, two sizes from one file", () =>
  fc.assert(
    fc.asyncProperty(graphs(40), fc.integer({ min: 1, max: 6 }), async ({ graph, tensors, sizes }, T) => {
      const other = { tensors: tensorsFor(graph, { T }), sizes: { T } };
      await sameInFile(folder, graph, [{ tensors, sizes }, other], { rtol: 1e-4 });
    }),
    fuzz(60),
  ));

test("decomposed random models, packed and not, two prompts from one file", () =>
  fc.assert(
    fc.asyncProperty(
      decompositions,
      fc.boolean(),
      fc.integer({ min: 1, max: 6 }),
      async ({ graph, model: { tensors, sizes } }, rows, T) => {
        const bare = orThrow(simplify(graph));
        const run: Graph = rows ? orThrow(pack(bare)) : bare;
        const ids = i32([T], new Int32Array(T).fill(3).with(0, 1));
        const other = { tensors: { ...tensors, tokens: ids }, sizes: { T } };
        await sameInFile(folder, run, [{ tensors, sizes }, other], { rtol: 1e-3, atol: 1e-4 });
      },
    ),
    fuzz(40),
  ));

const x = input("x", ["T", 2]);
const w = weight("w", [3, 2]);
const projected: Graph = { y: linear(w)(x) };
const one = f32([1, 2], [1, 2]);

test("weights lie in their stored type and are read as f32", async () => {
  const stored: Tensors = {
    f32: f32([3, 2], [1, 2, -0.5, 0.25, 3, 0]),
    bf16: tensor("bf16", [3, 2], Uint16Array.of(0x3f80, 0x4000, 0xbf00, 0x3e80, 0x4040, 0)),
    f16: tensor("f16", [3, 2], Uint16Array.of(0x3c00, 0x4000, 0xb800, 0x3400, 0x4200, 0)),
    f64: tensor("f64", [3, 2], Float64Array.of(1, 2, -0.5, 0.25, 3, 0)),
  };
  for (const [name, held] of Object.entries(stored)) {
    const path = join(folder, `${name}.onnx`);
    await exported(projected, { w: held }, path);
    const kept = name === "f64" ? Float32Array.from(held.data) : held.data;
    assert.equal(new Uint8Array(await readFile(`${path}.data`)), new Uint8Array(kept.buffer), name);
    const file = await opened(path);
    assert.equal([...((await file.run({ x: one })).y?.data ?? [])], [5, 0, 3], name);
  }
});

test("outputs that are inputs, weights, constants, conditions, or one value twice", async () => {
  const small = weight("w", [2]);
  const sum = add(x, small);
  const graph: Graph = { x, again: x, w: small, sum, total: sum, count: iota("T") };
  const path = join(folder, "names.onnx");
  await exported(graph, { w: tensor("bf16", [2], Uint16Array.of(0x3f80, 0x4000)) }, path);
  const found = await (await opened(path)).run({ x: one });
  const values = Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, [...data]]));
  assert.equal(values, { x: [1, 2], again: [1, 2], w: [1, 2], sum: [2, 4], total: [2, 4], count: [0] });
});

test("large constants lie beside the model, and a graph without any has no data file", async () => {
  const table = Array.from({ length: 600 }, (_, i) => i);
  const path = join(folder, "constants.onnx");
  const many = { op: "constant", params: { shape: [300, 2], values: table }, inputs: [] } as const;
  const { files } = await exported({ y: linear(many)(x) }, {}, path);
  assert.is(files.length, 2);
  assert.is((await readFile(path)).length < 1000, true);
  assert.is((await (await opened(path)).run({ x: one })).y?.data[299], 598 + 2 * 599);
  assert.is((await exported({ y: add(x, 1) }, {}, join(folder, "bare.onnx"))).files.length, 1);
});

const faultOf = async (graph: Graph, path: string, options: ExportOptions = {}, tensors: Tensors = { w: one }) => {
  const result = await exportOnnx(graph, weightsOf(tensors), path, options)();
  return E.isLeft(result) ? showFaults(result.left) : "none";
};

const good: Tensors = { w: f32([3, 2], [1, 2, 3, 4, 5, 6]) };

test("what is wrong with a graph is told before anything is written", async () => {
  const place = join(await newFolder(), "a.onnx");
  assert.is(await faultOf(projected, place, {}, {}), "weight w: expected a tensor [3, 2], got none");
  assert.is(await faultOf(projected, place), "weight w: expected [3, 2], got [1, 2]");
  assert.match(
    await faultOf({ y: pipe(iota("N"), reshape(1, ["N", 1]), broadcast(["N", 2])), x }, place),
    /^size N: expected an input that has N as a dimension, got x \[T, 2\]; /,
  );
  assert.is(
    await faultOf({ x: add(x, 1) }, place),
    "output x: expected a name that no input has, got an input x; rename one of them",
  );
  assert.match(await faultOf(projected, `${place}.txt`, {}, good), /expected a name that ends in \.onnx, got \.txt/);
  assert.equal(await readdir(join(place, "..")), []);
});

test("a file that is there is kept, unless by force", async () => {
  const path = join(await newFolder(), "a.onnx");
  const taken = (p: string) =>
    `${p}: expected a name that is free, got a file that is there; choose another, or overwrite it with force`;
  await writeFile(`${path}.data`, "mine");
  assert.is(await faultOf(projected, path, {}, good), taken(`${path}.data`));
  await writeFile(path, "mine");
  assert.is(await faultOf(projected, path, {}, good), `${taken(`${path}.data`)}\n${taken(path)}`);
  assert.is(await readFile(path, "utf8"), "mine");
  assert.is(await faultOf(projected, path, { force: true }, good), "none");
  assert.equal([...((await (await opened(path)).run({ x: one })).y?.data ?? [])], [5, 11, 17]);
  assert.equal((await readdir(join(path, ".."))).sort(), ["a.onnx", "a.onnx.data"]);
});

test("places that are none, also by force", async () => {
  const parent = await newFolder();
  const path = join(parent, "a.onnx");
  await mkdir(`${path}.data`);
  assert.is(
    await faultOf(projected, path, { force: true }, good),
    `${path}.data: expected a place for a file, got a folder, a pipe or a device; choose another name`,
  );
  const lost = join(parent, "none", "b.onnx");
  assert.is(
    await faultOf(projected, lost, {}, good),
    `${lost}.data: expected a place to write to, got a folder that does not exist; make it first, or choose another`,
  );
  assert.equal(await readdir(parent), ["a.onnx.data"]);
});

test("a folder that may not be written to", async () => {
  const parent = await newFolder();
  await chmod(parent, 0o500);
  const path = join(parent, "a.onnx");
  if (process.getuid?.() === 0) return console.log("skipped: export without permission: root may write anywhere");
  assert.match(await faultOf(projected, path, {}, good), /got no permission to write there; choose another folder$/);
});

test("an abort and a weight that cannot be read leave nothing, and what was there as it was", async () => {
  const parent = await newFolder();
  const path = join(parent, "a.onnx");
  await writeFile(path, "mine");
  const signal = { aborted: false };
  const said: string[] = [];
  const abort: ExportOptions = {
    force: true,
    signal,
    progress: ({ what }) => {
      said.push(what);
      signal.aborted = true;
    },
  };
  assert.is(await faultOf(projected, path, abort, good), "export: expected to finish, got an abort signal");
  assert.equal(said, ["w"]);
  const lying = { ...weightsOf(good), describe: () => ({ dtype: "f16", shape: [3, 2] }) as const };
  const result = await exportOnnx(projected, lying, path, { force: true })();
  assert.match(E.isLeft(result) ? showFaults(result.left) : "", /^weight w: expected f16 \[3,2\], got f32 \[3,2\]/);
  assert.equal(await readdir(parent), ["a.onnx"]);
  assert.is(await readFile(path, "utf8"), "mine");
});

test.run();
