import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeHeader } from "../../src/safetensors/header.ts";
import { openSafetensors } from "../../src/safetensors/read.ts";
import { right } from "../either.ts";
import { inFolder } from "../folder.ts";
import { fuzz } from "../seed.ts";
import { damaged, damagedJson, settled, stopwatch } from "./mutate.ts";

const header = {
  __metadata__: { format: "pt" },
  a: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
  b: { dtype: "BF16", shape: [4], data_offsets: [24, 32] },
  c: { dtype: "I64", shape: [], data_offsets: [32, 40] },
};
const DATA = 40; // bytes behind the header

test("10,000 damaged headers: tensors within the file or faults", () => {
  const watch = stopwatch();
  const property = fc.property(damagedJson(header), (bytes) =>
    watch.timed(() =>
      settled(decodeHeader(bytes, DATA, "m"), ({ tensors }) => {
        for (const { begin, end } of tensors.values()) assert.ok(begin >= 0 && begin <= end && end <= DATA);
      }),
    ),
  );
  fc.assert(property, fuzz(10_000));
  assert.ok(watch.ended());
});

const fileOf = (json: unknown): Buffer => {
  const text = Buffer.from(JSON.stringify(json));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(DATA)]);
};

test("1,000 damaged files: every tensor of what opens is read, or faults", () =>
  inFolder(async (folder) => {
    const path = join(folder, "m.safetensors");
    const property = fc.asyncProperty(damaged(fileOf(header)), async (bytes) => {
      await writeFile(path, bytes);
      const opened = await openSafetensors(path)();
      settled(opened);
      if (E.isLeft(opened)) return;
      for (const [name, { bytes: size }] of opened.right.tensors) {
        const read = await opened.right.read(name)();
        settled(read, ({ data }) => assert.ok(data.byteLength <= size));
      }
      await opened.right.close();
    });
    await fc.assert(property, fuzz(1000));
    await writeFile(path, fileOf(header));
    await right(await openSafetensors(path)()).close();
  }));

test.run();
