import { test } from "uvu";
import * as assert from "uvu/assert";
import { remedyFor, withoutScriptOptions } from "../pnpm.mjs";
import { isOlder } from "../setup.mjs";

test("options of the calling npm do not reach pnpm; the user's do", () => {
  const env = withoutScriptOptions({
    npm_config_prefix: "/elsewhere",
    npm_config_loglevel: "silent",
    npm_package_json: "/elsewhere/package.json",
    npm_config_cache: "/cache",
    npm_config_fetch_retry_mintimeout: "9",
    PATH: "/bin",
  });
  assert.is(env.npm_config_prefix, undefined);
  assert.is(env.npm_config_loglevel, undefined);
  assert.is(env.npm_package_json, undefined);
  assert.is(env.npm_config_cache, "/cache");
  assert.is(env.npm_config_fetch_retry_mintimeout, "9");
  assert.is(env.PATH, "/bin");
});

test("a failed install says what to do", () => {
  assert.match(remedyFor("npm error code EAI_AGAIN"), "registry cannot be reached");
  assert.match(remedyFor("ERR_PNPM_OUTDATED_LOCKFILE  Cannot install"), "pnpm-lock.yaml");
  assert.match(remedyFor("ENOSPC: no space left on device"), "disk is full");
  assert.match(remedyFor("something else"), "install` shows");
});

test("Node's version", () => {
  assert.ok(isOlder("20.18.3", ">=20.19"));
  assert.ok(isOlder("9.99.0", ">=20.19"));
  assert.not.ok(isOlder("20.19.0", ">=20.19"));
  assert.not.ok(isOlder("24.0.1", ">=20.19"));
});

test.run();
