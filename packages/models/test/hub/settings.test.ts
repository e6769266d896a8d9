import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hubSettings } from "../../src/hub/settings.ts";
import { withFiles } from "../folder.ts";

test("nothing set: the public hub, the cache in the home folder", async () => {
  const { endpoint, cache, offline } = await hubSettings({});
  assert.is(endpoint, "https://huggingface.co");
  assert.is(cache, join(homedir(), ".cache", "huggingface", "hub"));
  assert.is(offline, false);
});

test("the cache by the names of other tools, the nearest first", async () => {
  const cacheOf = async (env: Record<string, string>) => (await hubSettings(env)).cache;
  assert.is(await cacheOf({ XDG_CACHE_HOME: "/x" }), join("/x", "huggingface", "hub"));
  assert.is(await cacheOf({ XDG_CACHE_HOME: "/x", HF_HOME: "/h" }), join("/h", "hub"));
  assert.is(await cacheOf({ HF_HOME: "/h", HF_HUB_CACHE: "/c" }), "/c");
});

test("address and offline", async () => {
  assert.is((await hubSettings({ HF_ENDPOINT: "http://mirror/hf//" })).endpoint, "http://mirror/hf");
  for (const on of ["1", "true", "YES", "on"]) assert.is((await hubSettings({ HF_HUB_OFFLINE: on })).offline, true);
  assert.is((await hubSettings({ HF_HUB_OFFLINE: "0" })).offline, false);
});

test("the token of the environment, else of the file that a login leaves", () =>
  withFiles({ token: "hf_file\n", other: "hf_other" }, async (HF_HOME) => {
    assert.is((await hubSettings({ HF_HOME })).token, "hf_file");
    assert.is((await hubSettings({ HF_HOME, HF_TOKEN_PATH: join(HF_HOME, "other") })).token, "hf_other");
    assert.is((await hubSettings({ HF_HOME, HF_TOKEN: " hf_env " })).token, "hf_env");
    assert.is((await hubSettings({ HF_HOME, HF_TOKEN: "" })).token, undefined);
    assert.is((await hubSettings({ HF_HOME: join(HF_HOME, "none") })).token, undefined);
  }));

test.run();
