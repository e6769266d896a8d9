import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { within } from "../src/limit.browser.ts";

test("what ends is there; what throws, an error or not, says why and is never late", () => {
  assert.equal(
    within(0, () => 7),
    E.right(7),
  );
  const thrown = (error: unknown) =>
    within(1, () => {
      throw error;
    });
  assert.equal(thrown(new RangeError("too far")), E.left({ late: false, why: "too far" }));
  assert.equal(thrown("a text"), E.left({ late: false, why: "a text" }));
});

test.run();
