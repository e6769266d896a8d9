// docs/language.md names every op, and none that is not there.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cases } from "../src/testing/index.ts";

const test = suite("language");

const text = readFileSync(new URL("../../../docs/language.md", import.meta.url), "utf8");

/** The first column of every table with the heading `op`. */
const named = text
  .split("\n\n")
  .filter((block) => /^\| op +\|/.test(block))
  .flatMap((table) => table.split("\n").slice(2))
  .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));

test("the tables of docs/language.md are the vocabulary", () => {
  assert.equal([...named].sort(), [...new Set(cases.map(({ op }) => op))].sort());
});

test.run();
