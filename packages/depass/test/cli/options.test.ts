import { test } from "uvu";
import * as assert from "uvu/assert";
import * as options from "../../src/cli/options.ts";
import { from } from "../../src/cli/part-options.ts";

test("bytes: units of 1024 and of 1000, or plain", () => {
  const GiB = 2 ** 30;
  const read: readonly (readonly [string, number])[] = [
    ["2GiB", 2 * GiB],
    ["512MiB", GiB / 2],
    ["1.5GB", 1.5e9],
    ["1 kB", 1000],
    ["1KiB", 1024],
    ["1tib", 1024 * GiB],
    ["123456", 123456],
    ["7B", 7],
  ];
  for (const [text, bytes] of read) assert.is(options.parseBytes(text), bytes, text);
});

test("bytes: nothing unclear, nothing below one", () => {
  for (const text of ["", "GiB", "-1", "0", "0.1B", "2G", "1e9", "2QiB", "Infinity", "99999999TiB", "0x10", "1,5GB"])
    assert.throws(() => options.parseBytes(text), /Expected bytes, such as/, text);
});

/** What an option makes of a text. */
const parsed = (option: ReturnType<typeof from>, text: string): unknown => option.parseArg?.(text, undefined as never);

test("numbers: whole ones and temperatures", () => {
  assert.is(parsed(from(), "12"), 12);
  assert.is(parsed(options.temperatureOption(), "1e-2"), 0.01);
  for (const text of ["-1", "1.5", "", "x", "1e3", "99999999999"])
    assert.throws(() => parsed(from(), text), /a whole number/);
  for (const text of ["0", "-1", "NaN", "abc", "", " ", "Infinity"])
    assert.throws(() => parsed(options.temperatureOption(), text), /a number above 0/);
  assert.throws(() => parsed(options.tokens(), "0"), /from 1 on/);
});

test("names: not empty, and with an ending that can be written", () => {
  assert.throws(() => parsed(options.adapter(), ""), /a part of a name/);
  assert.throws(() => parsed(options.saveTo(), "x.txt"), /\.json or \.safetensors/);
  assert.is(parsed(options.saveTo(), "x.JSON"), "x.JSON");
  assert.throws(() => parsed(options.reportTo(), "x.json"), /ends in \.html/);
  assert.is(parsed(options.reportTo(), "x.html"), "x.html");
});

test.run();
