import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate } from "../../src/evaluate.ts";
import { toF64 } from "../../src/tensor.ts";
import { cases } from "../../src/testing/index.ts";
import { right } from "../either.ts";

const test = suite("testing/cases");

test("every sample runs and is finite", () => {
  for (const c of cases)
    for (const t of Object.values(right(evaluate(c.graph, c.tensors, c.sizes))))
      assert.ok(toF64(t).every(Number.isFinite), c.name);
});

test("each has a name of its own", () => assert.is(new Set(cases.map((c) => c.name)).size, cases.length));

test.run();
