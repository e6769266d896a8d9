import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openGguf } from "../../src/gguf/read.ts";
import { left, right } from "../either.ts";
import { inFolder } from "../folder.ts";
import { floats, ggufBytes, text } from "./bytes.ts";

const tensor = floats("a.weight", [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
const good = () => ggufBytes({ "general.architecture": "llama", "a.list": ["x", "yé"], "a.flag": true }, [tensor]);

const opened = (bytes: Uint8Array) =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "m.gguf"), bytes);
    const file = await openGguf(join(folder, "m.gguf"))();
    if (file._tag === "Right") await file.right.close();
    return file;
  });

const refused = async (bytes: Uint8Array, message: RegExp): Promise<void> =>
  assert.match(left(await opened(bytes)), message);

/** `bytes` with `value` put at `at`. */
const with64 = (bytes: Buffer, at: number, value: bigint): Buffer => {
  bytes.writeBigUInt64LE(value, at);
  return bytes;
};

test("keys, tensors and their values come as they were put in", () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "m.gguf"), good());
    const file = right(await openGguf(join(folder, "m.gguf"))());
    assert.equal(file.metadata.get("a.list"), ["x", "yé"]);
    assert.is(file.metadata.get("a.flag"), true);
    assert.equal([...right(await file.read("a.weight")()).data], [1, 2, 3, 4, 5, 6]);
    assert.equal([...right(await file.readRows("a.weight", 1, 1)()).data], [4, 5, 6]);
    assert.match(left(await file.readRows("a.weight", 1, 2)()), /expected rows within 0 to 2, got 2 rows from 1/);
    assert.match(left(await file.read("b")()), /expected a tensor of this name, got none in the file/);
    await file.close();
    assert.match(left(await file.read("a.weight")()), /expected 24 bytes/);
  }));

test("what is no GGUF file, or of a kind that is not read", async () => {
  await refused(Buffer.from("GGU"), /at least 24 bytes, got 3/);
  await refused(Buffer.alloc(100), /starts with GGUF/);
  const big = good();
  big.writeUInt32BE(3, 4);
  await refused(big, /got one of a big-endian machine/);
  const first = good();
  first.writeUInt32LE(1, 4);
  await refused(first, /got version 1; convert/);
});

test("a header that is cut off anywhere, or with counts of more than the file holds", async () => {
  const whole = good().subarray(0, -8); // without what pads the last tensor
  for (let length = 0; length < whole.length; length += 7) await refused(whole.subarray(0, length), /m\.gguf/);
  await refused(with64(good(), 8, 2n ** 63n), /a header within the file's/);
  await refused(with64(good(), 16, 9_999n), /a header within the file's/);
  await refused(with64(good(), 24, 2n ** 40n), /a GGUF header/); // the length of the first key
  const listed = ggufBytes({ "a.list": Array.from({ length: 99 }, () => 7) });
  await refused(listed.subarray(0, 200), /a header within the file's 200 bytes, got one of 450/); // and not zeros
});

test("a key given twice, a text that is not UTF-8, a list of lists", async () => {
  const twice = good();
  twice.write("a.list", twice.indexOf("a.flag"));
  await refused(twice, /header, got \d+ with a meaning \(a key twice/);
  const odd = good();
  odd[odd.indexOf("yé") + 1] = 0xff;
  await refused(odd, /not UTF-8/);
  const nested = good();
  const at = nested.indexOf(text("a.list")) + text("a.list").length;
  nested.writeUInt32LE(9, at + 4); // its items are lists; what follows is no list
  await refused(nested, /m\.gguf/);
});

test("tensors of unknown types, beyond the end, of no shape, twice", async () => {
  const named = (change: object) => ggufBytes({ x: 1 }, [{ ...tensor, ...change }]);
  await refused(named({ type: 16 }), /at a\.weight: expected one of F32, .*IQ4_XS, got IQ2_XXS; .*not supported/);
  await refused(named({ type: 999 }), /got type 999/);
  await refused(named({ shape: [2, 300] }), /data within the file's \d+ bytes/);
  await refused(named({ shape: [2, 0] }), /a shape of 1 to 4 sizes/);
  await refused(named({ shape: [] }), /a shape of 1 to 4 sizes/);
  await refused(named({ type: 8, shape: [2, 3] }), /rows of whole blocks of 32, got rows of 3/);
  await refused(ggufBytes({ x: 1 }, [tensor, tensor]), /every name once, got it twice/);
  await refused(named({ shape: [2 ** 31, 2 ** 31] }), /m\.gguf/);
});

test.run();
