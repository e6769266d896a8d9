import { spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { claim, release } from "../../src/hub/partial.ts";
import { inFolder } from "../folder.ts";

test("what a try leaves is the next one's, and of no two at once", () =>
  inFolder(async (folder) => {
    const blob = join(folder, "abc");
    const first = await claim(blob);
    await writeFile(first, "half");
    assert.not.equal(await claim(blob), first);
    await release(blob, first);
    const [next, other] = await Promise.all([claim(blob), claim(blob)]);
    const texts = await Promise.all([next, other].map((path) => readFile(path, "utf8").catch(() => "none")));
    assert.equal(texts.sort(), ["half", "none"]);
  }));

test("what a process left that is gone is taken over; what others write is left alone", () =>
  inFolder(async (folder) => {
    const blob = join(folder, "abc");
    const own = await claim(blob);
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    await writeFile(own, "live");
    await writeFile(own.replace(`-${process.pid}-`, `-${gone}-`), "left");
    await writeFile(`${blob}.incomplete`, "another tool's");
    const next = await claim(blob);
    assert.is(await readFile(next, "utf8"), "left");
    assert.is((await readdir(folder)).length, 3);
    assert.is(await readFile(own, "utf8"), "live");
  }));

test.run();
