import { toF64 } from "@depass/graph";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openGguf } from "../../src/gguf/read.ts";
import { openSafetensors } from "../../src/safetensors/read.ts";
import { right } from "../either.ts";
import { goldenTest, shared } from "../shared.ts";

goldenTest("every block type unpacks to exactly the values of ggml's own code", async () => {
  const file = right(await openGguf(shared("goldens", "gguf", "types.gguf"))());
  const expected = right(await openSafetensors(shared("goldens", "gguf", "types.safetensors"))());
  assert.is(expected.tensors.size, 15);
  assert.equal([...file.tensors.keys()].sort(), [...expected.tensors.keys()].sort());
  for (const name of expected.tensors.keys()) {
    const [got, want] = [right(await file.read(name)()), right(await expected.read(name)())];
    assert.equal([...got.shape], [3, 512]);
    assert.is(name, `t.${file.tensors.get(name)?.type.name}`);
    assert.is(toF64(got).join(), toF64(want).join(), name);
    const rows = right(await file.readRows(name, 1, 2)());
    assert.equal([...rows.shape], [2, 512]);
    assert.is(toF64(rows).join(), toF64(want).subarray(512).join(), `rows of ${name}`);
  }
  await Promise.all([file.close(), expected.close()]);
});

test.run();
