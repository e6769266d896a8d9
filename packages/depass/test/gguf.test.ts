// A whole GGUF file, as a script opens it: what it says next, and the folder it was made for gives the same parts.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { attribute, load } from "../src/attribute.ts";
import { openBackend } from "../src/backends.ts";

const path = fileURLToPath(new URL("../../../../shared/models/SmolLM2-135M-Instruct.Q4_1.gguf", import.meta.url));
const runtime = await openBackend({ backend: "cpu" })();
const name = "a GGUF file is explained with its own tokenizer and its own settings";

if (existsSync(path) && runtime._tag === "Right")
  test(name, async () => {
    const model = await load(path);
    const found = await attribute(model, "The capital of France is", { backend: runtime.right.backend });
    assert.is(found.target.text, " Paris");
    assert.is(found.model.path, path);
    assert.is(found.parts.length, 5 + 2);
    assert.ok(found.gap < 1e-5, `${found.gap}`);
    await model.close();
  });
else {
  test.skip(name, () => undefined);
  console.log(`skipped: ${name} (needs ../shared and ONNX Runtime)`);
}

test.run();
