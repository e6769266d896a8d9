// Pages that commands write: what is in them, and what is said where they cannot be written.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AnswerSheet, TextSheet } from "../../src/page/sheet.ts";
import { called } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("--report");
let model = "";
test.before(async () => {
  model = await newFolder();
  await writeCheckpoint(model);
});
test.after(() => remove(model));

const DATA = '<script id="data" type="application/json">';

/** What the page's script reads. */
const sheetsIn = async (path: string) => {
  const page = await readFile(path, "utf8");
  const data = page.slice(page.indexOf(DATA) + DATA.length);
  const read = JSON.parse(data.slice(0, data.indexOf("</script>"))) as {
    sheets: readonly Partial<AnswerSheet & TextSheet>[];
  };
  return read.sheets;
};

/** The one sheet of the page that a command wrote, and what the command said. */
const paged = async (command: string, ...args: readonly string[]) => {
  const path = join(model, "why.html");
  const all = [command, "--model", model, "--prompt", "on the Paris", "--backend", "cpu", "--report", path, ...args];
  const { code, stdout, stderr } = await called(all);
  assert.is(stderr, "");
  assert.is(code, 0);
  const sheets = await sheetsIn(path);
  assert.is(sheets.length, 1);
  return { stdout, sheet: sheets[0] as Partial<AnswerSheet & TextSheet> };
};

test("map: what --json prints of heads and modules, and the call that makes it again", async () => {
  const { stdout, sheet } = await paged("map", "--rule", "taylor", "--json");
  const json = JSON.parse(stdout) as { heads: unknown; mlp: unknown };
  assert.equal([sheet.modules?.heads, sheet.modules?.mlp], [json.heads, json.mlp]);
  assert.is(sheet.modules?.neurons?.of, 48);
  assert.is(sheet.command, `depass map --model ${model} --rule taylor --backend cpu --prompt 'on the Paris'`);
});

test("compare: every rule of what --json prints", async () => {
  const { stdout, sheet } = await paged("compare", "--json");
  const json = JSON.parse(stdout) as { moved: unknown; attributions: { rule: string; parts: { score: number }[] }[] };
  assert.equal(
    sheet.rules?.names,
    json.attributions.map((a) => a.rule),
  );
  assert.equal(
    sheet.rules?.scores,
    json.attributions.map((a) => a.parts.map((p) => p.score)),
  );
  assert.equal(sheet.rules?.moved, json.moved);
  assert.match(`${sheet.command}`, /^depass compare /);
});

test("generate: every token that was written, explained without being printed", async () => {
  const { stdout, sheet } = await paged("generate", "--max-tokens", "3");
  const loud = await paged("generate", "--max-tokens", "3", "--explain");
  assert.ok(loud.stdout.split("\n").length > stdout.split("\n").length);
  assert.equal(
    sheet.written?.lines.map((l) => l.scores.length),
    [4, 5, 6],
  );
  assert.ok(sheet.written?.lines.every((l) => l.gap < 1e-4 && l.probability > 0));
  assert.match(`${sheet.command}`, /^depass generate .* --max-tokens 3 /);
});

test("attribute --maps --compare: the same answer's heads and modules, and its parts under every rule, its own first", async () => {
  const { sheet } = await paged("attribute", "--maps", "--compare", "--rule", "max");
  assert.equal([sheet.modules?.heads.length, sheet.modules?.rule], [2, "max"]);
  assert.equal(sheet.rules?.names, ["max", "softmax 0.1", "softmax 0.01", "softmax 1", "relu", "linear", "taylor"]);
  const scores = sheet.result?.parts.map((p) => p.score) ?? [];
  for (const [i, score] of (sheet.rules?.scores[0] ?? []).entries())
    assert.ok(Math.abs(score - (scores[i] as number)) < 1e-5);
  for (const total of sheet.rules?.totals ?? []) assert.ok(Math.abs(total - (sheet.result?.total ?? 0)) < 1e-4);
});

test("attribute --foil: the two sides of a contrast sum to the target's logit and to the mean of the foils'", async () => {
  const { sheet } = await paged("attribute", "--target", " Paris", "--foil", " the", "P");
  const { apart, result } = sheet;
  const sums = [apart?.target ?? [], apart?.foil ?? []].map((side) => side.reduce((a, b) => a + b, 0)) as [
    number,
    number,
  ];
  const logits = result?.foils?.map((f) => f.logit) ?? [];
  assert.is(logits.length, 2);
  assert.ok(Math.abs(sums[0] - (result?.target.logit ?? 0)) < 1e-4, `${sums[0]}`);
  assert.ok(Math.abs(sums[1] - logits.reduce((a, b) => a + b, 0) / 2) < 1e-4, `${sums[1]}`);
  const { sheet: backwards } = await paged("attribute", "--target", " Paris", "--foil", " the", "--rule", "taylor");
  assert.is(backwards.apart, undefined);
});

test("report: saved results, JSON and safetensors, on one page", async () => {
  const files = ["a.json", "b.safetensors"].map((name) => join(model, name));
  for (const [i, file] of files.entries())
    await called([
      "attribute",
      "--model",
      model,
      "--backend",
      "cpu",
      "--prompt",
      ["on the", "on"][i] ?? "",
      "--save",
      file,
    ]);
  const out = join(model, "all.html");
  const { code, stderr } = await called(["report", ...files, "-o", out]);
  assert.equal([code, stderr], [0, ""]);
  const sheets = await sheetsIn(out);
  assert.equal(
    sheets.map((s) => s.result?.prompt),
    ["on the", "on"],
  );
  assert.is(sheets[0]?.command, `depass report ${files.join(" ")} --out ${out}`);
});

test("report: what is wrong with any file is said of each, and no page is written", async () => {
  const out = join(model, "none.html");
  const { code, stdout, stderr } = await called([
    "report",
    "/nowhere/a.json",
    join(model, "config.json"),
    "b.txt",
    "-o",
    out,
  ]);
  assert.is(stdout, "");
  assert.is.not(code, 0);
  assert.match(stderr, "/nowhere/a.json: expected a saved result");
  assert.match(stderr, /config\.json.*: expected a saved result, got something else/);
  assert.match(stderr, "b.txt: expected a name that ends in .json or .safetensors");
  assert.not.ok(existsSync(out));
});

const faults: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [["attribute", "--maps"], /--maps: expected --report with it, got no page to show it on/],
  [["attribute", "--compare", "--to", "1", "--report", "x.html"], /--compare: expected the last state, got --to 1/],
  [["map", "--report", "/nowhere/x.html"], /\/nowhere\/x\.html: expected a place to write to/],
  [["compare", "--report", "x.pdf"], /Expected a name that ends in \.html/],
  [["generate", "--report", "/nowhere/x.html"], /\/nowhere\/x\.html: expected a place to write to/],
];
for (const [args, message] of faults)
  test(`${args.join(" ")} is a fault before anything runs`, async () => {
    const { code, stdout, stderr } = await called([...args, "--model", model, "--prompt", "on the"]);
    assert.is(stdout, "");
    assert.is.not(code, 0);
    assert.match(stderr, message);
  });

test.run();
