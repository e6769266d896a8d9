import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeHeader, type Header } from "../../src/safetensors/header.ts";
import { left, right } from "../either.ts";
import { fuzz } from "../seed.ts";
import { entry } from "./bytes.ts";

const decode = (json: string, dataBytes = 0) =>
  decodeHeader(new TextEncoder().encode(json), dataBytes, "m.safetensors");

const refused = (json: string, dataBytes: number, words: string): void =>
  assert.match(left(decode(json, dataBytes)), words);

test("names, types, shapes and ranges come out", () => {
  const json = `{"__metadata__":{"format":"pt"},"b":${entry("F32", [2, 3], 4, 28)},"a":${entry("BF16", [2], 0, 4)}}`;
  const header = right(decode(json, 28));
  assert.equal([...header.metadata], [["format", "pt"]]);
  assert.equal(header.tensors.get("b"), { dtype: "F32", shape: [2, 3], begin: 4, end: 28 });
});

test("scalars, empty tensors, empty files and trailing spaces are fine", () => {
  const json = `{"s":${entry("F64", [], 0, 8)},"e":${entry("F32", [0, 7], 8, 8)}}   `;
  assert.is(right(decode(json, 8)).tensors.size, 2);
  assert.is(right(decode("{}")).tensors.size, 0);
});

test("any text is a name", () => {
  const json = `{"__proto__":${entry("I8", [1], 0, 1)},"constructor":${entry("I8", [1], 1, 2)},"":${entry("I8", [1], 2, 3)}}`;
  const { tensors } = right(decode(json, 3));
  assert.equal([...tensors.keys()], ["__proto__", "constructor", ""]);
  assert.is(tensors.get("toString"), undefined);
});

test("what is no header is refused", () => {
  refused(' {"a":1}', 0, 'starts with {, got " "');
  refused("[]", 0, 'starts with {, got "["');
  refused("\ufeff{}", 0, "starts with {");
  refused("{", 0, "expected JSON");
  assert.match(left(decodeHeader(Uint8Array.of(0x7b, 0xff, 0x7d), 0, "m")), "expected UTF-8");
});

test("a name twice is refused", () => {
  refused(`{"a":${entry("I8", [1], 0, 1)},"\\u0061":${entry("I8", [1], 1, 2)}}`, 2, "repeated a");
  refused(`{"a":{"dtype":"I8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1, "repeated dtype");
});

test("metadata is text to text", () => {
  refused('{"__metadata__":[]}', 0, "__metadata__: expected an object of texts, got a list of 0");
  refused('{"__metadata__":null}', 0, "expected an object of texts, got null");
  refused('{"__metadata__":{"a":1}}', 0, "__metadata__.a: expected a text, got 1");
});

test("an entry has exactly its three fields, of their types", () => {
  refused('{"a":7}', 0, "at a: expected an object");
  refused('{"a":{"dtype":"F32","shape":[]}}', 4, "expected data_offsets, dtype, shape, got dtype, shape");
  refused('{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1],"x":0}}', 1, "shape, x");
  refused(`{"a":${entry("F128", [1], 0, 16)}}`, 16, "a.dtype: expected one of F64 F32");
  refused('{"a":{"dtype":"toString","shape":[1],"data_offsets":[0,1]}}', 1, "a.dtype");
  for (const shape of ["[-1]", "[1.5]", "[1e300]", '["1"]', "1", "null"]) {
    refused(
      `{"a":{"dtype":"I8","shape":${shape},"data_offsets":[0,1]}}`,
      1,
      "a.shape: expected a list of whole numbers",
    );
  }
  for (const offsets of ["[0]", "[0,1,2]", "[-1,1]", "[0,0.5]", '["0","1"]', "{}"]) {
    refused(`{"a":{"dtype":"I8","shape":[1],"data_offsets":${offsets}}}`, 1, "expected two whole numbers");
  }
});

test("bytes and shape agree, without overflow", () => {
  refused(`{"a":${entry("F32", [2], 0, 4)}}`, 4, "expected 8 bytes for F32 [2], got 4 bytes");
  refused(`{"a":${entry("F32", [2 ** 31, 2 ** 31, 2 ** 31], 0, 0)}}`, 0, "more than 2^53 bytes");
  refused(`{"a":${entry("F64", [2 ** 32, 2 ** 32], 0, 0)}}`, 0, "more than 2^53 bytes");
});

test("ranges are in the file, without overlap or hole", () => {
  refused(`{"a":${entry("I8", [2], 0, 2)}}`, 1, "expected a range in 0 to 1, got [0, 2]");
  refused(`{"a":${entry("I8", [1], 2, 1)}}`, 3, "got [2, 1]");
  refused(`{"a":${entry("I8", [2], 0, 2)},"b":${entry("I8", [2], 1, 3)}}`, 3, "an overlap: data from byte 1");
  refused(`{"a":${entry("I8", [1], 0, 1)},"b":${entry("I8", [1], 2, 3)}}`, 3, "a hole: data from byte 2");
  refused(`{"a":${entry("I8", [1], 1, 2)}}`, 2, "a hole");
  refused(`{"a":${entry("I8", [1], 0, 1)}}`, 2, "expected 1 bytes of data, as the header says, got 2");
  refused("{}", 5, "expected 0 bytes of data");
});

test("all faults of entries at once, but not a million", () => {
  const many = Array.from({ length: 1000 }, (_, i) => `"t${i}":0`).join();
  const faults = left(decode(`{${many}}`)).split("\n");
  assert.is(faults.length, 20);
  assert.is(left(decode('{"a":0,"b":0}')).split("\n").length, 2);
});

test("a name of a megabyte does not fill the terminal", () => {
  assert.ok(left(decode(`{"${"x".repeat(1e6)}":0}`)).length < 400);
});

const VALID = `{"__metadata__":{"k":"v"},"a":${entry("F32", [2, 3], 0, 24)},"b":${entry("I64", [1], 24, 32)}}`;

const covers = ({ tensors }: Header, bytes: number): boolean =>
  [...tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0) === bytes;

test("a header with random changes opens rightly or is a fault, never a throw", () => {
  const change = fc.record({ at: fc.nat(VALID.length), cut: fc.nat(6), put: fc.string({ maxLength: 6 }) });
  const property = fc.property(
    fc.array(change, { minLength: 1, maxLength: 4 }),
    fc.constantFrom(0, 32, 40),
    (changes, bytes) => {
      const json = changes.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), VALID);
      const result = decode(json, bytes);
      if (E.isRight(result)) assert.ok(covers(result.right, bytes));
      else assert.ok(left(result).length > 0);
    },
  );
  fc.assert(property, fuzz(2000));
});

test("random JSON as a header never throws", () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  const loose = fc.record({
    dtype: fc.oneof(fc.constant("F32"), value),
    shape: fc.oneof(fc.array(fc.double()), value),
    data_offsets: value,
  });
  const property = fc.property(fc.dictionary(fc.string(), fc.oneof(value, loose)), fc.nat(100), (header, bytes) => {
    decode(JSON.stringify(header), bytes);
  });
  fc.assert(property, fuzz(1000));
});

test.run();
