import { test } from "uvu";
import * as assert from "uvu/assert";
import { isReadable, toTensor } from "../../src/safetensors/values.ts";
import { left, right } from "../either.ts";

const i64 = (...values: readonly bigint[]): ArrayBuffer => BigInt64Array.from(values).buffer;

test("floating types keep their bits", () => {
  const halves = right(toTensor("BF16", [2], Uint16Array.of(0x3f80, 0xc000).buffer, "x"));
  assert.is(halves.dtype, "bf16");
  assert.equal([...halves.data], [0x3f80, 0xc000]);
  assert.equal([...right(toTensor("F64", [1], Float64Array.of(0.1).buffer, "x")).data], [0.1]);
});

test("I64 becomes i32 when every value fits", () => {
  const ids = right(toTensor("I64", [3], i64(0n, -(2n ** 31n), 2n ** 31n - 1n), "x"));
  assert.is(ids.dtype, "i32");
  assert.equal([...ids.data], [0, -(2 ** 31), 2 ** 31 - 1]);
  assert.match(left(toTensor("I64", [2], i64(1n, 2n ** 31n), "x")), "within 32 bits, got 2147483648");
});

test("other types are known and refused", () => {
  assert.not(isReadable("BOOL"));
  assert.match(
    left(toTensor("BOOL", [1], new ArrayBuffer(1), "x at m")),
    "x at m: expected F64, F32, F16, BF16, I32 or I64, got BOOL",
  );
});

test.run();
