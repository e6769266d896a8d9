import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { alone } from "../lock.mjs";

const folder = mkdtempSync(join(tmpdir(), "depass-lock-"));
test.after(() => rmSync(folder, { recursive: true }));

test("one at a time, and every one in its turn", async () => {
  const path = join(folder, "below", "lock");
  const events = /** @type {string[]} */ ([]);
  const work = (/** @type {string} */ name) => async () => {
    events.push(`${name} in`);
    await sleep(50);
    events.push(`${name} out`);
  };
  const first = alone(path, assert.unreachable, work("first"));
  await Promise.all([first, alone(path, () => events.push("second waits"), work("second"))]);
  assert.equal(events, ["first in", "second waits", "first out", "second in", "second out"]);
  assert.not.ok(existsSync(path));
});

test("an error leaves no lock", async () => {
  const path = join(folder, "lock");
  try {
    await alone(path, assert.unreachable, () => Promise.reject(new Error("no")));
    assert.unreachable();
  } catch (error) {
    assert.is(/** @type {Error} */ (error).message, "no");
  }
  assert.not.ok(existsSync(path));
});

test("an abandoned lock is taken over", async () => {
  const path = join(folder, "lock");
  mkdirSync(path);
  utimesSync(path, new Date(), new Date(Date.now() - 60_000));
  assert.is(
    await alone(
      path,
      () => {},
      async () => "done",
    ),
    "done",
  );
});

test.run();
