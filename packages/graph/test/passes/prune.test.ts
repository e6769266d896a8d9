import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { prune } from "../../src/passes/prune.ts";
import { graphs } from "../../src/testing/index.ts";
import { isIdempotent, sameOutputs } from "../same.ts";
import { fuzz } from "../seed.ts";

const test = suite("prune");

test("the outputs that stay are the same", () => {
  fc.assert(
    fc.property(graphs(), ({ graph, tensors, sizes }) => {
      const last = prune(["last", "no such"])(graph);
      assert.equal(Object.keys(last), ["last"]);
      sameOutputs(last, { last: graph.last as (typeof graph)[string] }, tensors, sizes);
      isIdempotent(prune(["last"]), graph);
    }),
    fuzz(20),
  );
});

test.run();
