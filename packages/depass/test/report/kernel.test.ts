import { input, softmax } from "@depass/graph";
import { plan } from "@depass/kernels";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { showKernel } from "../../src/report/kernel.ts";

test("a kernel says what it is bound to and how it is started, in comments above its WGSL", () => {
  const made = plan(
    { out: softmax(input("x", ["T", 8])) },
    { target: { kind: "hardware", features: [] }, dtypeOf: () => "f32" },
  );
  if (E.isLeft(made)) throw new Error("the plan has faults");
  const lines = showKernel(made.right, 0).split("\n");
  assert.match(lines[0] ?? "", /^\/\/ step 0: softmax, kernel softmax/);
  assert.equal(lines.slice(1, 3), ["// binding 0: read b0 x", "// binding 1: write b1 softmax"]);
  assert.ok(lines.some((line) => line.startsWith("// workgroups: T")));
  assert.ok(lines.some((line) => line.startsWith("fn main(")));
});

test.run();
