import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fault, faultError, internal, orThrow, showFault, showFaults } from "../src/error.ts";

const test = suite("error");

const plain = fault("shape", "linear at mlp.0", "[…, D] and [N, D]", "[T, 3] and [4, 5]");

test("a fault reads where, expected, got, next", () => {
  assert.is(showFault(plain), "linear at mlp.0: expected […, D] and [N, D], got [T, 3] and [4, 5]");
  assert.is(showFault(fault("a", "b", "c", "d", "do e")), "b: expected c, got d; do e");
  assert.is(showFaults([plain, plain]).split("\n").length, 2);
});

test("as an error it keeps its faults", () => {
  const error = faultError([plain]);
  assert.instance(error, Error);
  assert.is(error.name, "FaultError");
  assert.equal(error.faults, [plain]);
  assert.is(error.message, showFault(plain));
});

test("scripts get the value, or an error with the faults", () => {
  assert.is(orThrow(E.right(3)), 3);
  assert.throws(
    () => orThrow(E.left([plain])),
    (error: Error) => error.message === showFault(plain),
  );
});

test("a broken promise of our own throws", () => {
  assert.throws(() => internal("x"), "internal: x");
});

test.run();
