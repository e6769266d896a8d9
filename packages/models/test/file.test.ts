import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openFile, readJson, withFile } from "../src/file.ts";
import { readBytes } from "../src/open-file.ts";
import { left, right } from "./either.ts";
import { withFiles } from "./folder.ts";

test("a JSON file is read", () =>
  withFiles({ "a.json": '{"x":1}' }, async (folder) => {
    assert.equal(right(await readJson(join(folder, "a.json"), 100)()), { x: 1 });
  }));

test("a missing, empty, large or strange file is one fault that says so", () =>
  withFiles({ "empty.json": "", "large.json": "[1,2,3]" }, async (folder) => {
    assert.match(left(await readJson(join(folder, "no.json"), 9)()), "no.json: expected a file, got nothing there");
    assert.match(left(await readJson(folder, 9)()), "got something else (a folder");
    assert.match(left(await readJson(join(folder, "empty.json"), 9)()), "got an empty file");
    assert.match(left(await readJson(join(folder, "large.json"), 6)()), "expected at most 6 bytes, got 7");
  }));

test("a pipe is refused rather than waited for", () =>
  withFiles({}, async (folder) => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    assert.match(left(await openFile(join(folder, "pipe"))()), "a pipe or a device");
  }));

test("bytes beyond the end are a fault, not zeros", () =>
  withFiles({ data: "12345" }, async (folder) => {
    const read = (at: number, count: number) => withFile(join(folder, "data"), (file) => readBytes(file, at, count))();
    assert.equal([...right(await read(3, 2))], [0x34, 0x35]);
    assert.match(left(await read(3, 3)), "expected 3 bytes at 3, got 2");
  }));

test("an impossible size is a fault", () =>
  withFiles({ data: "12345" }, async (folder) => {
    left(await withFile(join(folder, "data"), (file) => readBytes(file, 0, 2 ** 52))());
  }));

test.run();
