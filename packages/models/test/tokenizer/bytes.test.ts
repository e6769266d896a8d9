import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { charBytes, pieceBytes, readable } from "../../src/tokenizer/bytes.ts";
import { fuzz } from "../seed.ts";

test("GPT-2's alphabet", () => {
  assert.equal([...pieceBytes("Ġthe", "bytes")], [0x20, 0x74, 0x68, 0x65]);
  assert.equal([...pieceBytes("ĊÃ©ĀŃ", "bytes")], [0x0a, 0xc3, 0xa9, 0x00, 0xad]);
  assert.equal([...pieceBytes("東", "bytes")], [0xe6, 0x9d, 0xb1]);
});

test("signs for spaces and bytes", () => {
  assert.equal([...pieceBytes("▁a", "chars")], [0x20, 0x61]);
  assert.equal([...pieceBytes("<0xE6>", "chars")], [0xe6]);
  assert.equal(pieceBytes("<0xE>", "chars"), charBytes("<0xE>"));
});

test("whole words have no signs", () => {
  for (const word of ["▁a", "<0xE6>", "Ġthe"])
    assert.equal(pieceBytes(word, "words"), new TextEncoder().encode(word), word);
});

test("bytes read as text, and those that are no character as themselves", () => {
  assert.is(readable(Uint8Array.of(0xe6, 0x9d, 0xb1, 0xe6, 0x9d)), "東<0xE6><0x9D>");
  assert.is(readable(Uint8Array.of(0xa9, 0x61, 0xff, 0xc3, 0xa9)), "<0xA9>a<0xFF>é");
  assert.is(readable(Uint8Array.of(0xed, 0xa0, 0x80)), "<0xED><0xA0><0x80>");
});

test("text survives, and any bytes read as something", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => assert.is(readable(new TextEncoder().encode(text)), text)),
    fuzz(300),
  );
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => assert.type(readable(bytes), "string")),
    fuzz(300),
  );
});

test.run();
