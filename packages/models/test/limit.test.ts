import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { within } from "../src/limit.ts";

test("what ends in time is there, nested or not", () => {
  assert.equal(
    within(1, () => within(1, () => 7)),
    E.right(E.right(7)),
  );
  assert.equal(
    within(1, () => undefined),
    E.right(undefined),
  );
});

test("what throws, and what goes on and on, is stopped and says which", () => {
  const thrown = within(1, () => {
    throw new RangeError("too far");
  });
  assert.equal(thrown, E.left({ late: false, why: "too far" }));
  const loop = (): never => {
    for (;;);
  };
  const stopped = within(0.1, loop);
  assert.ok(E.isLeft(stopped) && stopped.left.late);
});

test.run();
