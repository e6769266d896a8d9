import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { called } from "../run.ts";
import { configJson, newFolder, remove, writeCheckpoint } from "../tiny.ts";

/** A family that is Llama under a name of its own, without a line from elsewhere but the library's. */
const MODULE = `
import { families as known } from ${JSON.stringify(import.meta.resolve("@depass/models"))};
export const families = { mine: (json, where) => known.llama({ ...json, model_type: "llama" }, where) };
`;

const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await newFolder();
  try {
    await writeCheckpoint(folder);
    await writeFile(join(folder, "config.json"), JSON.stringify({ ...configJson(), model_type: "mine" }));
    await use(folder);
  } finally {
    await remove(folder);
  }
};

const attribute = (folder: string, ...more: readonly string[]) =>
  called(["attribute", "--model", folder, "--prompt", "on the", "--backend", "reference", ...more]);

test("a family of one's own is explained as any other", () =>
  inFolder(async (folder) => {
    const module = join(folder, "mine.mjs");
    await writeFile(module, MODULE);
    const { code, stdout, stderr } = await attribute(folder, "--families", module, "--json");
    assert.is(code, 0, stderr);
    assert.ok(JSON.parse(stdout).gap < 1e-6);
    assert.match((await attribute(folder)).stderr, /model_type: expected one of .*llama, .* got "mine"/);
  }));

test("a module that is none, or has no families", () =>
  inFolder(async (folder) => {
    const refused = async (name: string, text: string | undefined, message: RegExp) => {
      const module = join(folder, name);
      if (text !== undefined) await writeFile(module, text);
      const { code, stderr } = await attribute(folder, "--families", module);
      assert.is(code, 1);
      assert.match(stderr, message);
    };
    await refused("absent.mjs", undefined, /^depass: .*absent\.mjs: expected a module that exports families/);
    await refused("none.mjs", "export const x = 1;", /got one without; see docs\/models\.md/);
    await refused("odd.mjs", "export const families = { mine: 1 };", /got one without/);
    await refused("broken.mjs", "export const families = {", /expected a module/);
  }));

test.run();
