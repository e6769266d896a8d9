// A model by its id, from a small server that speaks the hub's protocol to the scores.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startHub } from "../../models/test/hub/server.ts";
import { depass } from "./run.ts";
import { newFolder, remove, writeCheckpoint } from "./tiny.ts";

const COMMIT = "89abcdef0123456789abcdef0123456789abcdef";

test("attribute --model owner/name downloads, explains, and does without the hub the next time", async () => {
  const [folder, home] = [await newFolder(), await newFolder()];
  await writeCheckpoint(folder);
  const files = Object.fromEntries(
    await Promise.all((await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name))] as const)),
  );
  const hub = await startHub([{ repo: "me/tiny", commit: COMMIT, revisions: ["main"], files, token: "hf_mine" }]);
  const env = {
    HF_ENDPOINT: hub.endpoint,
    HF_HOME: home,
    HF_HUB_CACHE: join(home, "hub"),
    HF_HUB_OFFLINE: "",
    HF_TOKEN: "",
  };
  const attribute = (more: Record<string, string>) =>
    depass(["attribute", "--model", "me/tiny", "--prompt", "on the", "--backend", "reference", "--json"], {
      env: { ...env, ...more },
    });
  try {
    const denied = await attribute({});
    assert.is(denied.code, 1);
    assert.match(denied.stderr, /^depass: me\/tiny@main: expected a model that may be read, got status 401 .*HF_TOKEN/);
    const first = await attribute({ HF_TOKEN: "hf_mine" });
    assert.is(first.code, 0, first.stderr);
    assert.is(JSON.parse(first.stdout).model.path, `me/tiny@${COMMIT}`);
    await hub.close();
    const second = await attribute({ HF_HUB_OFFLINE: "1" });
    assert.is(second.code, 0, second.stderr);
    assert.equal(JSON.parse(second.stdout).parts, JSON.parse(first.stdout).parts);
  } finally {
    await hub.close();
    await Promise.all([remove(folder), remove(home)]);
  }
});

test.run();
