import { test } from "uvu";
import * as assert from "uvu/assert";
import { hubIdOf } from "../../src/hub/id.ts";

test("owner/name, with a revision or a GGUF file of it", () => {
  assert.equal(hubIdOf("HuggingFaceTB/SmolLM2-135M"), { repo: "HuggingFaceTB/SmolLM2-135M", revision: "main" });
  assert.equal(hubIdOf("a/b_c.d@v1.0"), { repo: "a/b_c.d", revision: "v1.0" });
  assert.equal(hubIdOf("a/b@refs/pr/1"), { repo: "a/b", revision: "refs/pr/1" });
  assert.equal(hubIdOf("a/b/c.Q4_0.gguf@main"), { repo: "a/b", revision: "main", file: "c.Q4_0.gguf" });
});

test("what could be a path, or lead out of the cache, is none", () => {
  for (const text of [
    "model",
    "./a/b",
    "../a/b",
    "a/..",
    "a/../b",
    "/a/b",
    "a/b/c",
    "a/b/",
    "a//b",
    "a--x/b",
    "a/b--c",
    "a/b.",
    "-a/b",
    ".a/b",
    "a\\b",
    "C:/b/c",
    "a/b@",
    "a/b@../x",
    "a/b@x/../y",
    "a/b@-x",
    "a/b@x/",
    "a/b/../c.gguf",
    "a/b/.gguf",
    "a/b c",
    `a/${"b".repeat(96)}`,
    "",
  ])
    assert.is(hubIdOf(text), undefined, text);
});

test.run();
