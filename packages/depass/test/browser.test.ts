// Nothing of Node on the way of a page: what each package has for browsers is bundled as a browser would get it, and whatever
// Node has of its own stops the bundle.
import { fileURLToPath } from "node:url";
import { type BuildFailure, build } from "esbuild";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as page from "../src/browser.ts";
import * as everything from "../src/index.ts";

const resolveDir = fileURLToPath(new URL("..", import.meta.url));

/** What stands in the way of a bundle of all that `name` exports, and the files that are in it. */
const bundled = async (name: string, conditions: readonly string[]) => {
  const result = await build({
    stdin: { contents: `export * from ${JSON.stringify(name)}`, resolveDir },
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    // `neutral` knows no built-ins and picks no condition by itself.
    platform: "neutral",
    mainFields: ["browser", "module", "main"],
    conditions: [...conditions],
    logLevel: "silent",
  }).catch((failure: BuildFailure) => failure);
  return "metafile" in result
    ? { troubles: [], files: Object.keys(result.metafile.inputs) }
    : { troubles: result.errors.map(({ text }) => text), files: [] };
};

for (const name of ["depass", "@depass/models", "@depass/kernels", "@depass/graph"])
  test(`${name} in a browser: no Node, no Dawn, no ONNX Runtime`, async () => {
    const { troubles, files } = await bundled(name, ["browser"]);
    assert.equal(troubles, []);
    assert.ok(files.length > 20, `${files.length} files`);
    assert.equal(
      files.filter((path) => /^node:|\/(webgpu|onnxruntime-node|@sparticuz)\//.test(path)),
      [],
    );
  });

test("without the browser's condition the same bundles fail, so the law above can", async () => {
  for (const name of ["depass", "@depass/models", "@depass/kernels"]) {
    const { troubles } = await bundled(name, []);
    assert.ok(
      troubles.some((text) => text.includes('"node:')),
      name,
    );
  }
});

test("what a page has, Node has under the same name", () => {
  const missing = Object.keys(page).filter((name) => !(name in everything));
  assert.equal(missing, []);
  assert.ok("attribute" in page && "loadFiles" in page && !("load" in page));
});

test.run();
