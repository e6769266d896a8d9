import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { depass } from "../run.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

test("help and version are no errors and go to stdout", async () => {
  for (const args of [
    ["--help"],
    ["attribute", "--help"],
    ["devices", "--help"],
    ["show", "--help"],
    ["export", "--help"],
    ["help", "show"],
  ]) {
    const { code, stdout, stderr } = await depass(args);
    assert.is(code, 0, args.join(" "));
    assert.match(stdout, /^Usage: depass/);
    assert.match(stdout, "Examples:\n  depass ");
    assert.is(stderr, "");
  }
  assert.equal(await depass(["--version"]), { code: 0, signal: null, stdout: `${version}\n`, stderr: "" });
});

test("a wrong call has status 2 and one message on stderr", async () => {
  const { code, stdout, stderr } = await depass(["attribute", "--temperature", "0"]);
  assert.is(code, 2);
  assert.is(stdout, "");
  assert.match(stderr, /^depass: option '--temperature <number>' argument '0' is invalid\. Expected a number above 0/);
});

test("no command: the help on stderr, status 2", async () => {
  const { code, stdout, stderr } = await depass([]);
  assert.is(code, 2);
  assert.is(stdout, "");
  assert.match(stderr, /^Usage: depass/);
});

test.run();
