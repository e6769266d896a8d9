import { orThrow, showFaults } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { askOf } from "../../../bench/peer/ask.ts";
import { newFolder, remove, writeCheckpoint } from "../../tiny.ts";

const faultsOf = (...args: readonly string[]): string => {
  const asked = askOf(args, undefined);
  return E.isLeft(asked) ? showFaults(asked.left) : "none";
};

test("a folder that was named comes before the usual one", async () => {
  const folder = await newFolder();
  await writeCheckpoint(folder);
  assert.equal(orThrow(askOf(["--model", folder], "elsewhere")).subject, { kind: "checkpoint", folder });
  assert.equal(orThrow(askOf([], folder)).subject, { kind: "checkpoint", folder });
  assert.equal(orThrow(askOf(["--shape", "smollm2-135m"], folder)).subject, { kind: "shape", name: "smollm2-135m" });
  await remove(folder);
});

test("lengths and counts are numbers afterwards", () => {
  const asked = orThrow(askOf(["--shape", "llama3-1b", "--tokens", "8,16", "--turns", "5", "--json"], undefined));
  assert.equal(asked.tokens, [8, 16]);
  assert.is(asked.turns, 5);
  assert.ok(asked.json);
});

test("all that is wrong is told at once", () => {
  assert.is(
    faultsOf("--model", "/no/such", "--tokens", "16,,64", "--runs", "0", "--peer", "/no/script.py"),
    [
      "--model: expected a folder with a checkpoint, got no such folder: /no/such",
      "--tokens: expected numbers from 1 on, such as 16,64, got 16,,64",
      "--runs: expected a number from 1 on, got 0",
      "--peer: expected a Python script, got no such file: /no/script.py",
    ].join("\n"),
  );
});

test("no model, both kinds of it, an unknown shape, an unknown option", () => {
  assert.match(faultsOf(), "--model: expected a folder with a checkpoint, got none; or set DEPASS_SMOLLM2");
  assert.match(faultsOf("--model", ".", "--shape", "llama3-1b"), "expected one of them, got both");
  // The peer's `tiny` has other sizes than ours.
  assert.match(faultsOf("--shape", "tiny"), "--shape: expected one of smollm2-135m, llama3-1b, llama2-7b, got tiny");
  assert.match(faultsOf("--token", "5"), "Unknown option '--token'");
});

test.run();
