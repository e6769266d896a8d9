// --drill: a part cut finer, by its number or name, again and again; what a script gets, and every part that there is not.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { orThrow, reference } from "@depass/graph";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attribute, load } from "../../src/attribute.ts";
import { drillDown, spanLevel, spansOf } from "../../src/spans.ts";
import { called } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("--drill");

let folder = "";
test.before(async () => {
  folder = await newFolder();
  await writeCheckpoint(folder);
});
test.after(() => remove(folder));

/** The demo: `<s>` by the tokenizer, then one token a word; by ranges 0 is `<s>`, 1 `what`, 2 `where`, 3 the rest. */
const PROMPT = "The king of Rivland rules from";
const ranges = ["--seed", "ranges", "--range", "what=0-11", "--range", "where=11-19"];

const run = (command: string, ...args: readonly string[]) => called([command, "--prompt", PROMPT, ...args]);

type Part = {
  readonly name: string;
  readonly score: number;
  readonly token?: number;
  readonly tokens?: readonly number[];
};

const partsOf = async (...args: readonly string[]): Promise<readonly Part[]> => {
  const { code, stdout, stderr } = await run("attribute", "--json", "--backend", "reference", ...args);
  assert.equal([stderr, code], ["", 0]);
  return (JSON.parse(stdout) as { readonly parts: readonly Part[] }).parts.slice(0, -2);
};

const named = (parts: readonly Part[]): readonly string[] => parts.map(({ name }) => name);

test("by number or name; the same as drillDown in a script; numbers are those of the report", async () => {
  const text = (await run("attribute", ...ranges, "--backend", "reference")).stdout;
  assert.match(text, /^1 +what .*\n2 +where .*\n3 +elsewhere /m);
  const byNumber = await partsOf(...ranges, "--drill", "1");
  assert.equal(named(byNumber), ["<s>", "The", " king", " of", "where", "elsewhere"]);
  assert.equal(await partsOf(...ranges, "--drill", "what"), byNumber);
  assert.equal(await partsOf(...ranges, "--drill", "what=words"), byNumber);
  const model = await load();
  const seed = spanLevel((encoding) => {
    const cut = orThrow(
      spansOf(encoding, [
        { name: "what", start: 0, end: 11 },
        { name: "where", start: 11, end: 19 },
      ]),
    );
    return drillDown(encoding, cut, 1, "words");
  });
  const wanted = await attribute(model, PROMPT, { backend: reference, seed });
  await model.close();
  assert.equal(
    byNumber.map(({ score }) => score),
    wanted.parts.slice(0, -2).map(({ score }) => score),
  );
});

test("cut finer, a part is the sum of what it became, where the rule is linear; to the end they are the tokens", async () => {
  const rule = ["--rule", "taylor"];
  const held = ({ token, tokens = [token as number] }: Part) => tokens;
  const finer = await partsOf(...ranges, ...rule, "--drill", "1");
  for (const part of await partsOf(...ranges, ...rule)) {
    const inside = finer.filter((p) => held(p).every((t) => held(part).includes(t)));
    const sum = inside.reduce((all, { score }) => all + score, 0);
    assert.ok(Math.abs(sum - part.score) < 1e-9, `${part.name}: ${sum}, ${part.score}`);
  }
  assert.ok(finer.length === 6 && Math.abs(finer[1]?.score ?? 0) > 1e-6);
  const [cut, tokens] = [await partsOf("--seed", "sentences", "--drill", "1"), await partsOf()];
  assert.equal(cut.map(held), tokens.map(held));
});

const tiny = (command: string, ...args: readonly string[]) =>
  called([command, "--model", folder, "--backend", "reference", "--prompt", "on the Paris", ...args]);

const again = async (path: string): Promise<void> => {
  const { code, stderr } = await called(["verify", path, "--backend", "reference"]);
  assert.equal([stderr, code], ["", 0], path);
};

test("again for a part of that: each speaks of the parts that the one before left; saved, it is made so again", async () => {
  const saved = join(folder, "drilled.json");
  const drills = ["--seed", "sentences", "--drill", "0", "--drill", "on"];
  const { stdout } = await tiny("attribute", ...drills, "--json", "--save", saved);
  const { parts } = JSON.parse(stdout) as { readonly parts: readonly Part[] };
  assert.equal(named(parts), ["o", "n", " the", " Paris", "bias", "remainder"]);
  const { call } = JSON.parse(await readFile(saved, "utf8"));
  assert.equal(call.drill, ["0", "on"]);
  await again(saved);
  await writeFile(saved, (await readFile(saved, "utf8")).replace('"on"\n', '"1"\n').replace('"0","on"', '"0","1"'));
  assert.match(
    (await called(["verify", saved, "--backend", "reference"])).stderr,
    /--drill 1: expected a part of several/,
  );
});

test("in all commands that have parts", async () => {
  const csv = await tiny("compare", "--seed", "words", "--drill", "0", "--format", "csv");
  assert.match(csv.stdout, /^o,0 ?[^\n]*\nn,1 ?[^\n]*\n the,|^o,[^\n]*\nn,/m);
  const saved = join(folder, "text.json");
  const asked = ["--max-tokens", "2", "--explain", "--parts", "words", "--drill", "on=tokens", "--save", saved];
  assert.equal((await tiny("generate", ...asked)).stderr, "");
  const { explanation, call } = JSON.parse(await readFile(saved, "utf8"));
  assert.equal(named(explanation.parts).slice(0, 3), ["o", "n", " the"]);
  assert.equal(call.drill, ["on=tokens"]);
  await again(saved);
  const plan = ["plan", "--model", folder, "--backend", "cpu", "--prompt", "on the", "--seed", "words", "--drill", "0"];
  assert.match((await called(plan)).stdout, /^tokens +3$/m);
});

const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [
    ["--seed", "words", "--drill", "3"],
    /--drill 3: expected the number of a part, 0 to 2, got 3; the parts are 0 "on", 1 " the"/,
  ],
  [
    ["--seed", "words", "--drill", "the"],
    /--drill the: expected the exact name of a part, or its number, got another; .* 1 " the"/,
  ],
  [
    ["--seed", "words", "--drill", " the"],
    /--drill {2}the: expected a part of several tokens, got " the", which is one/,
  ],
  [["--seed", "words", "--drill", "0=words"], /expected a part of several words, got "on", which is one/],
  [["--seed", "words", "--drill", "0=heads"], /expected the exact name of a part/],
  [["--drill", "0"], /--drill: expected --seed words, sentences, ranges, roles with it, got --seed token/],
  [["--seed", "head", "--drill", "0"], /--drill: expected --seed words, .*, got --seed head/],
  [["--seed", "words", "--drill", ""], /Expected a text/],
];
for (const [args, message] of wrong)
  test(`refused before anything runs: ${args.join(" ")}`, async () => {
    const { code, stdout, stderr } = await tiny("attribute", ...args);
    assert.match(stderr, message);
    assert.is(stdout, "");
    assert.ok(code === 1 || code === 2);
  });

test("a name that several parts have is no one part", async () => {
  const { stderr } = await called([
    ...["attribute", "--model", folder, "--backend", "reference", "--prompt", "on on on"],
    ...["--seed", "words", "--drill", " on"],
  ]);
  assert.match(stderr, /--drill {2}on: expected the name of one part, got that of parts 1, 2; give a number/);
});

test.run();
