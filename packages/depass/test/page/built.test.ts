import { readFile } from "node:fs/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { builtModule } from "../../page/build.mjs";

test("the committed page is what its source gives: else run `npm run page`", async () => {
  const committed = await readFile(new URL("../../src/page/built.ts", import.meta.url), "utf8");
  assert.ok(committed === (await builtModule()), "src/page/built.ts is out of date: run `npm run page`");
});

test.run();
