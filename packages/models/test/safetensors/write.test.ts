import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DType, f32, fault, i32, type Tensor, tensor } from "@depass/graph";
import fc from "fast-check";
import * as TE from "fp-ts/lib/TaskEither.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openSafetensors } from "../../src/safetensors/read.ts";
import { entryOf, writeSafetensors } from "../../src/safetensors/write.ts";
import { left, right } from "../either.ts";
import { inFolder } from "../folder.ts";
import { fuzz } from "../seed.ts";

const META = new Map([["format", "pt"]]);

test("the same tensors give the same bytes, in whatever order they come", () =>
  inFolder(async (folder) => {
    const a = entryOf("a", i32([2], [1, 2]));
    const b = entryOf("b", tensor("f64", [1], Float64Array.of(0.5)));
    right(await writeSafetensors(join(folder, "1"), [a, b], META)());
    right(await writeSafetensors(join(folder, "2"), [b, a], META)());
    const bytes = await readFile(join(folder, "1"));
    assert.equal(bytes, await readFile(join(folder, "2")));
    const header = bytes.readBigUint64LE(0);
    assert.is(Number(header) % 8, 0);
    assert.is(
      bytes.toString("utf8", 8, 8 + Number(header)).trimEnd(),
      '{"__metadata__":{"format":"pt"},"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"I32","shape":[2],"data_offsets":[8,16]}}',
    );
  }));

const make = (dtype: DType, count: number): Tensor["data"] => {
  if (dtype === "f64") return Float64Array.from({ length: count }, (_, i) => Math.sin(i));
  if (dtype === "f32") return Float32Array.from({ length: count }, (_, i) => Math.sin(i));
  return dtype === "i32"
    ? Int32Array.from({ length: count }, (_, i) => -i)
    : Uint16Array.from({ length: count }, (_, i) => i * 7);
};

test("what is written is what is read, whatever the names", () =>
  inFolder(async (folder) => {
    const path = join(folder, "m.safetensors");
    const name = fc
      .oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("__proto__", "0", "constructor", '"\\'))
      .filter((n) => n !== "__metadata__");
    const item = fc.record({
      name,
      dtype: fc.constantFrom<DType>("f64", "f32", "f16", "bf16", "i32"),
      shape: fc.array(fc.nat(4), { maxLength: 3 }),
    });
    const items = fc.uniqueArray(item, { selector: (i) => i.name, maxLength: 6 });
    const property = fc.asyncProperty(items, fc.dictionary(fc.string(), fc.string()), async (list, metadata) => {
      const entries = list.map((i) =>
        entryOf(
          i.name,
          tensor(
            i.dtype,
            i.shape,
            make(
              i.dtype,
              i.shape.reduce((a, b) => a * b, 1),
            ),
          ),
        ),
      );
      right(await writeSafetensors(path, entries, new Map(Object.entries(metadata)))());
      const file = right(await openSafetensors(path)());
      assert.equal(new Map(file.metadata), new Map(Object.entries(metadata)));
      assert.is(file.tensors.size, entries.length);
      for (const one of entries) assert.equal(right(await file.read(one.name)()), right(await one.load()));
      await file.close();
    });
    await fc.assert(property, fuzz(100));
    assert.equal(await readdir(folder), ["m.safetensors"]);
  }));

test("a view into a larger buffer is written as what it shows", () =>
  inFolder(async (folder) => {
    const path = join(folder, "m");
    right(await writeSafetensors(path, [entryOf("v", f32([2], Float32Array.of(1, 2, 3, 4).subarray(1, 3)))])());
    const file = right(await openSafetensors(path)());
    assert.equal([...right(await file.read("v")()).data], [2, 3]);
    await file.close();
  }));

test("a failure leaves the old file and nothing else", () =>
  inFolder(async (folder) => {
    const path = join(folder, "m");
    await writeFile(path, "old");
    const bad = { ...entryOf("z", f32([1], [1])), load: TE.left([fault("test", "z", "a value", "none")]) };
    assert.match(
      left(await writeSafetensors(path, [entryOf("a", f32([1], [1])), bad])()),
      "z: expected a value, got none",
    );
    const short = { ...entryOf("z", f32([2], [1, 2])), load: TE.right(f32([2], [1])) };
    assert.match(left(await writeSafetensors(path, [short])()), "expected f32 [2], got f32 [2] with 1 values");
    assert.is(await readFile(path, "utf8"), "old");
    assert.equal(await readdir(folder), ["m"]);
    left(await writeSafetensors(join(folder, "no", "m"), [])());
  }));

test("names twice, reserved or not Unicode are refused before anything is written", () =>
  inFolder(async (folder) => {
    const one = (name: string) => entryOf(name, f32([1], [1]));
    const faults = left(
      await writeSafetensors(join(folder, "m"), [one("a"), one("a"), one("__metadata__"), one("\ud800")])(),
    );
    assert.match(faults, "repeated a");
    assert.match(faults, "names other than __metadata__");
    assert.equal(await readdir(folder), []);
  }));

test.run();
