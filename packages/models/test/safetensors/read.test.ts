import { existsSync } from "node:fs";
import { appendFile, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toF64 } from "@depass/graph";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openSafetensors } from "../../src/safetensors/read.ts";
import { left, right } from "../either.ts";
import { inFolder, withFiles } from "../folder.ts";
import { fuzz } from "../seed.ts";
import { goldenTest, shared } from "../shared.ts";
import { entry, fileOf } from "./bytes.ts";

const floats = (...values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

const withFile = <A>(bytes: Uint8Array, use: (path: string) => Promise<A>): Promise<A> =>
  withFiles({ "m.safetensors": bytes }, (folder) => use(join(folder, "m.safetensors")));

const refused = (bytes: Uint8Array, words: string): Promise<void> =>
  withFile(bytes, async (path) => assert.match(left(await openSafetensors(path)()), words));

const SIX = fileOf(`{"a":${entry("F32", [3, 2], 0, 24)}}`, floats(1, 2, 3, 4, 5, 6));

test("a tensor, and rows of it", () =>
  withFile(SIX, async (path) => {
    const file = right(await openSafetensors(path)());
    assert.equal(file.tensors.get("a"), { dtype: "F32", shape: [3, 2], bytes: 24 });
    const whole = right(await file.read("a")());
    assert.equal([whole.dtype, whole.shape, [...whole.data]], ["f32", [3, 2], [1, 2, 3, 4, 5, 6]]);
    const rows = right(await file.readRows("a", 1, 2)());
    assert.equal(
      [rows.shape, [...rows.data]],
      [
        [2, 2],
        [3, 4, 5, 6],
      ],
    );
    assert.equal(right(await file.readRows("a", 3, 0)()).shape, [0, 2]);
    await file.close();
  }));

test("rows out of range, names that are not there and scalars are faults", () =>
  withFile(fileOf(`{"s":${entry("F32", [], 0, 4)},"a":${entry("F32", [2], 4, 12)}}`, floats(1, 2, 3)), async (path) => {
    const file = right(await openSafetensors(path)());
    assert.match(left(await file.readRows("a", 1, 2)()), "expected rows within 0 to 2, got 2 rows from 1");
    for (const [first, count] of [
      [-1, 1],
      [0.5, 1],
      [0, -1],
      [Number.NaN, 1],
      [2 ** 53, 2],
    ] as const) {
      left(await file.readRows("a", first, count)());
    }
    assert.match(left(await file.readRows("s", 0, 1)()), "a scalar");
    assert.equal([...right(await file.read("s")()).data], [1]);
    assert.match(left(await file.read("__proto__")()), "at __proto__: expected a tensor of this name");
    await file.close();
  }));

test("unaligned data is read rightly", () => {
  const data = new Uint8Array([7, ...floats(1.5, -2.5)]);
  return withFile(fileOf(`{"b":${entry("U8", [1], 0, 1)},"a":${entry("F32", [2], 1, 9)}}  `, data), async (path) => {
    const file = right(await openSafetensors(path)());
    assert.equal([...right(await file.read("a")()).data], [1.5, -2.5]);
    assert.match(left(await file.read("b")()), "got U8");
    await file.close();
  });
});

test("a truncated or damaged file is refused on opening", async () => {
  await refused(new Uint8Array(), "expected at least 8 bytes, got a file of 0");
  await refused(new Uint8Array(7), "expected at least 8 bytes, got a file of 7");
  await refused(fileOf("{}", new Uint8Array(), 3n), "within the file's 2 other bytes, got 3");
  await refused(fileOf("{}", new Uint8Array(), 100_000_001n), "at most 100000000 bytes");
  await refused(fileOf("{}", new Uint8Array(), 2n ** 64n - 1n), "at most 100000000 bytes, got 18446744073709551615");
  await refused(SIX.subarray(0, SIX.length - 1), "expected a range in 0 to 23, got [0, 24]");
  await refused(Uint8Array.from([...SIX, 0]), "expected 24 bytes of data, as the header says, got 25");
  await refused(new Uint8Array(8), "starts with {");
});

test("what is no file is refused", () =>
  inFolder(async (folder) => {
    assert.match(left(await openSafetensors(folder)()), "expected a file, got something else");
    assert.match(left(await openSafetensors(join(folder, "no"))()), "nothing there");
  }));

test("after closing, or when the file changes, reading is a fault", () =>
  withFile(SIX, async (path) => {
    const file = right(await openSafetensors(path)());
    await truncate(path, SIX.length - 4);
    assert.match(left(await file.read("a")()), "the file changed while it was open");
    await appendFile(path, floats(6));
    right(await file.read("a")());
    await file.close();
    await file.close();
    left(await file.read("a")());
  }));

const openHandles = async (): Promise<number> => (await readdir("/proc/self/fd")).length;

if (existsSync("/proc/self/fd")) {
  test("a file that is refused is closed", () =>
    withFile(SIX.subarray(0, 20), async (path) => {
      left(await openSafetensors(path)());
      const before = await openHandles();
      for (let i = 0; i < 10; i++) left(await openSafetensors(path)());
      assert.is(await openHandles(), before);
    }));
}

test("files with random bytes changed open or are a fault, never a throw", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "m.safetensors");
    const change = fc.tuple(fc.nat(SIX.length - 1), fc.nat(255));
    const property = fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 5 }),
      fc.nat(SIX.length),
      async (changes, cut) => {
        const bytes = Uint8Array.from(SIX);
        for (const [at, byte] of changes) bytes[at] = byte;
        await writeFile(path, cut % 3 === 0 ? bytes.subarray(0, cut) : bytes);
        const opened = await openSafetensors(path)();
        if (E.isLeft(opened)) return;
        for (const name of opened.right.tensors.keys()) await opened.right.read(name)();
        await opened.right.close();
      },
    );
    await fc.assert(property, fuzz(500));
  });
});

goldenTest("the goldens open, and their tensors are finite", async () => {
  for (const family of ["llama", "qwen2", "gpt2", "smollm2"]) {
    const name = family === "smollm2" ? "paris" : "forward";
    const file = right(await openSafetensors(shared("goldens", family, `${name}.safetensors`))());
    for (const [tensor, { shape }] of file.tensors) {
      const values = toF64(right(await file.read(tensor)()));
      assert.is(
        values.length,
        shape.reduce((a, b) => a * b, 1),
      );
      assert.ok(values.every(Number.isFinite), `${family} ${tensor}`);
    }
    await file.close();
  }
});

goldenTest("rows are the rows of the whole", async () => {
  const path = shared("goldens", "llama", "model.safetensors");
  assert.ok((await readFile(path)).length > 0);
  const file = right(await openSafetensors(path)());
  const whole = right(await file.read("model.embed_tokens.weight")());
  const row = right(await file.readRows("model.embed_tokens.weight", 7, 1)());
  assert.equal([...row.data], [...whole.data.subarray(7 * 48, 8 * 48)]);
  await file.close();
});

test.run();
