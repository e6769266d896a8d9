import { dim, plus } from "@depass/graph";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { showExported } from "../../src/report/export.ts";
import { inkFor } from "../../src/report/ink.ts";

const test = suite("report/export");

const T = dim("T");
const ports = (...names: readonly string[]) => names.map((name) => ({ name, dtype: "f32", shape: [T, 3] }) as const);
const options = {
  ink: inkFor(false, {}),
  bytes: (n: number) => `${n} B`,
  sample: { decomposed: true, prompt: "a b", ids: [1, 2] },
};

test("files, inputs, outputs, and a program", () => {
  const text = showExported(
    {
      files: [
        { path: "a.onnx", bytes: 10 },
        { path: "a.onnx.data", bytes: 20 },
      ],
      inputs: [{ name: "tokens", dtype: "i32", shape: [T] }],
      outputs: [
        { name: "logits", dtype: "f32", shape: [1, 5] },
        { name: "scores", dtype: "f32", shape: [plus(T, 1), 1, 5] },
      ],
      metadata: {},
    },
    options,
  ).join("\n");
  assert.is(
    text,
    `wrote    a.onnx  10 B
wrote    a.onnx.data  20 B

inputs   tokens  int32    [T]
outputs  logits  float32  [1, 5]
         scores  float32  [T+1, 1, 5]

In Python, with onnxruntime:

    import numpy as np, onnxruntime
    session = onnxruntime.InferenceSession("a.onnx")
    tokens = np.array([1, 2], np.int32)  # a b
    last = np.array([len(tokens) - 1], np.int32)
    logits, scores = session.run(["logits", "scores"], {"tokens": tokens, "position": last})
    target = logits[0].argmax()
    print(target, logits[0, target], scores[:, 0, target])`,
  );
});

test("of many outputs the first few are shown", () => {
  const outputs = ports("a", "b", "c", "d", "e", "f", "g", "h");
  const lines = showExported({ files: [], inputs: [], outputs, metadata: {} }, options);
  assert.ok(lines.includes("         and 2 more"));
  assert.not.ok(lines.some((line) => line.includes(" g ")));
});

test.run();
