// Another rule in some layers, on the command line: what a script gets by it, saved and made again, and every wrong way to write it.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { orThrow, reference, softmaxRule, taylorRule } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attribute, load } from "../../src/attribute.ts";
import { rulesIn } from "../../src/cli/rule-text.ts";
import { ruleByLayer } from "../../src/layer-rules.ts";
import { called } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("--rule by layer");
let folder = "";
test.before(async () => {
  folder = await newFolder();
  await writeCheckpoint(folder);
});
test.after(() => remove(folder));

test("a text is a rule, or rules with their layers", () => {
  const right = (text: string) =>
    pipe(
      rulesIn(text),
      E.getOrElseW((expected) => expected),
    );
  assert.equal(right("relu"), [{ name: "relu" }]);
  assert.equal(right("softmax, taylor@0-9,max@12 ,linear@20-"), [
    { name: "softmax" },
    { name: "taylor", from: 0, to: 9 },
    { name: "max", from: 12, to: 12 },
    { name: "linear", from: 20 },
  ]);
  for (const text of ["", "best", "taylor@", "taylor@-3", "taylor@a", "taylor@1.5", "softmax,", "Taylor", "toString"])
    assert.is(rulesIn(text)._tag, "Left", text);
});

const run = (command: string, ...args: readonly string[]) =>
  called([command, "--model", folder, "--backend", "reference", "--prompt", "on the Paris", ...args]);

const json = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await run("attribute", "--json", ...args);
  assert.equal([stderr, code], ["", 0]);
  return JSON.parse(stdout);
};

const again = async (path: string): Promise<void> => {
  const { code, stderr } = await called(["verify", path, "--backend", "reference"]);
  assert.equal([stderr, code], ["", 0], path);
};

test("what a script gets, named in the result; auto goes backwards where every layer's rule is taylor", async () => {
  const model = await load(folder);
  const rules = [{ rule: softmaxRule(0.5) }, { rule: taylorRule(), from: 1 }];
  const rule = orThrow(ruleByLayer(model.architecture, rules));
  const { parts } = await attribute(model, "on the Paris", { backend: reference, rule });
  await model.close();
  const saved = join(folder, "layers.json");
  const found = await json("--rule", "softmax, taylor@1-", "--temperature", "0.5", "--save", saved);
  assert.equal([found.rule, found.mode], ["softmax 0.5; taylor in layer 1", "forward"]);
  const scores = (all: readonly { readonly score: number }[]) => all.map(({ score }) => score);
  assert.equal(scores(found.parts), scores(parts));
  assert.is(JSON.parse(await readFile(saved, "utf8")).call.rule, "softmax, taylor@1-");
  await again(saved);
  const backwards = await json("--rule", "taylor@0-0,taylor@1-");
  assert.equal([backwards.rule, backwards.mode], ["taylor", "adjoint"]);
  assert.equal(scores(backwards.parts), scores((await json("--rule", "taylor")).parts));
  assert.match(
    (await run("attribute", "--rule", "max,taylor@1", "--mode", "adjoint")).stderr,
    /a linear rule, such as/,
  );
});

test("map, generate and plan take it, too", async () => {
  const [maps, text] = [join(folder, "maps.json"), join(folder, "text.json")];
  assert.match((await run("map", "--rule", "taylor,max@1", "--save", maps)).stdout, /taylor; max in layer 1/);
  await again(maps);
  const told = await run("generate", "--max-tokens", "2", "--explain", "--rule", "taylor@0,linear", "--save", text);
  assert.match(told.stdout, /^rule linear; taylor in layer 0;/m);
  await again(text);
  const plan = ["plan", "--model", folder, "--tokens", "5", "--backend", "cpu", "--rule", "softmax,relu@1"];
  assert.match((await called(plan)).stdout, /operations/);
});

const wrong: readonly (readonly [rule: string, code: number, message: RegExp])[] = [
  ["best", 2, /Expected softmax, max, relu, linear, taylor; or several by layer, such as softmax,taylor@0-9/],
  ["softmax,taylor@9-3", 2, /Expected the first of the layers before the last, not 9-3/],
  ["softmax,taylor@1-2", 1, /layers of this model, 0 to 1, the first before the last, got layers 1-2/],
  ["taylor@1", 1, /got none for layer 0; as in softmax,taylor@0-9/],
  ["softmax@0,taylor@0-", 1, /one rule for each layer, got softmax 0.1 and taylor in layer 0/],
  ["softmax,taylor", 1, /at most one rule without layers, got softmax 0.1 and taylor/],
];
for (const [rule, status, message] of wrong)
  test(`refused before anything runs: ${rule}`, async () => {
    for (const command of ["attribute", "map", "generate"]) {
      const { code, stdout, stderr } = await run(
        command,
        "--rule",
        rule,
        ...(command === "generate" ? ["--explain"] : []),
      );
      assert.match(stderr, message);
      assert.equal([stdout, code], ["", status]);
    }
  });

test.run();
