import { Command, Option } from "commander";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { givenWords, shellWord } from "../../src/cli/call-line.ts";

test("words as a shell takes them", () => {
  assert.equal(["a/b.json", "--x=1", "", " Paris", "it's", "$(rm)", "#7", "x#7"].map(shellWord), [
    "a/b.json",
    "--x=1",
    "''",
    "' Paris'",
    "'it'\\''s'",
    "'$(rm)'",
    "'#7'",
    "x#7",
  ]);
});

test("what was given, not the defaults, without what is left out", () => {
  const command = new Command()
    .option("--foil <token...>")
    .option("--layers")
    .addOption(new Option("--from <layer>").argParser(Number).default(0))
    .addOption(new Option("--to <layer>").argParser(Number).default(9))
    .option("--target <token>")
    .option("--report <file>");
  command.parse(["--foil", " a", "b", "--layers", "--to", "3", "--target=-x", "--report", "r.html"], { from: "user" });
  assert.equal(givenWords(command, ["report"]), ["--foil", " a", "b", "--layers", "--to", "3", "--target=-x"]);
});

test("an option that may be given several times is given as often; numbers are one value", () => {
  const more = (text: string, before: readonly string[] = []) => [...before, text];
  const command = new Command()
    .addOption(new Option("--stop <text>").argParser(more))
    .addOption(new Option("--neurons <numbers>").argParser((text) => text.split(",").map(Number)));
  command.parse(["--stop", "a b", "--stop=-x", "--neurons", "3,17"], { from: "user" });
  assert.equal(givenWords(command), ["--stop", "a b", "--stop=-x", "--neurons", "3,17"]);
});

test.run();
