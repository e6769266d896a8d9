import { test } from "uvu";
import * as assert from "uvu/assert";
import { explainedLines } from "../../src/report/generation.ts";
import { plainInk } from "../../src/report/ink.ts";
import { widthOf } from "../../src/report/width.ts";
import { writtenOf } from "../page/written.ts";

const { explanation } = writtenOf(["The", " king", " of", " 世界", " rules"], [" He", " sings"]);

// 5.45 is 5.0 - 5.1 + 5.2 - 5.3 + 5.4 and a bias of 0.25, as written.ts has it.
test("each new token with what supplied most of it: as many as fit, the strongest in any case", () => {
  const at = (columns: number) => explainedLines(explanation, { ink: plainInk, columns });
  assert.equal(at(80), [
    "·He       5.45  ·rules 5.40  ·of 5.20  The 5.00",
    "·sings   -0.05  ·rules 6.40  ·of 6.20  The 6.00",
  ]);
  for (const line of at(40)) assert.ok(widthOf(line) <= 40);
  assert.equal(at(20), ["·He       5.45  ·rules 5.40", "·sings   -0.05  ·rules 6.40"]);
});

test.run();
