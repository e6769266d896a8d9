// Rules, parts and directions that no option names, from a module of the caller's own: what a script would get, on the command line.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { constant, reference, ruleBySite, softmaxRule, subspaceSeed, taylorRule } from "@depass/graph";
import { site } from "@depass/models";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttributeOptions, attribute, load } from "../../src/attribute.ts";
import { spanLevel } from "../../src/spans.ts";
import { called } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("--method");
let folder = "";
test.before(async () => {
  folder = await newFolder();
  await writeCheckpoint(folder);
});
test.after(() => remove(folder));

const written = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

const run = (command: string, ...args: readonly string[]) =>
  called([command, "--model", folder, "--backend", "reference", "--prompt", "on the Paris", ...args]);

type Told = { readonly parts: readonly { readonly name: string; readonly score: number }[]; readonly rule: string };

const told = async (...args: readonly string[]): Promise<Told> => {
  const { code, stdout, stderr } = await run("attribute", "--json", ...args);
  assert.equal([stderr, code], ["", 0]);
  return JSON.parse(stdout) as Told;
};

const inScript = async (options: AttributeOptions): Promise<Told> => {
  const model = await load(folder);
  const found = await attribute(model, "on the Paris", { backend: reference, ...options });
  await model.close();
  return found;
};

const same = (a: Told, b: Told): void => {
  assert.equal(
    a.parts.map((p) => p.name),
    b.parts.map((p) => p.name),
  );
  a.parts.forEach(({ name, score }, i) => {
    assert.ok(Math.abs(score - (b.parts[i]?.score as number)) < 1e-12, `${name}: ${score}, ${b.parts[i]?.score}`);
  });
};

const ranges = `[{ name: "where", start: 0, end: 6 }, { name: "what", start: 6, end: 12 }]`;
const BY_LAYER = `export const method = (model, { ruleBySite, softmaxRule, taylorRule, spanLevel }) => ({
  rule: ruleBySite("taylor, then softmax", (site) => (site?.startsWith("layers.0.") ? taylorRule() : softmaxRule(1))),
  seed: spanLevel(${ranges}),
});`;

test("a rule for each layer, ranges of the prompt, read in a head: what a script gets", async () => {
  const path = await written("layers.mjs", BY_LAYER);
  const rule = ruleBySite("taylor, then softmax", (place) =>
    place?.startsWith("layers.0.") ? taylorRule() : softmaxRule(1),
  );
  const cut = [
    { name: "where", start: 0, end: 6 },
    { name: "what", start: 6, end: 12 },
  ];
  const found = await told("--method", path, "--to", "L1H1");
  assert.is(found.rule, "taylor, then softmax");
  same(found, await inScript({ rule, seed: spanLevel(cut), to: "L1H1" }));
});

test("ranges without a module: the same parts, saved and made again; in all commands that have parts", async () => {
  const asked = ["--range", "where=0-6", "--range", "what=6-12"];
  const cut = [
    { name: "where", start: 0, end: 6 },
    { name: "what", start: 6, end: 12 },
  ];
  const saved = join(folder, "ranges.json");
  const found = await told("--seed", "ranges", ...asked, "--from", "1", "--save", saved);
  same(found, await inScript({ seed: spanLevel(cut, 1) }));
  const again = await called(["verify", saved, "--backend", "reference"]);
  assert.equal([again.stderr, again.code], ["", 0]);
  const csv = await run("compare", "--seed", "ranges", ...asked, "--format", "csv");
  assert.match(csv.stdout, /^where,0 1[^\n]*\nwhat,/m);
  const text = await run("generate", "--max-tokens", "2", "--explain", "--parts", "ranges", ...asked, "--save", saved);
  assert.match(text.stdout, /where -?\d|what -?\d/);
  assert.is((await called(["verify", saved, "--backend", "reference"])).code, 0);
  const alone: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [["--seed", "ranges"], /--seed ranges: expected --range with it/],
    [asked, /--range: expected --seed ranges with it, got --seed token/],
    [["--seed", "ranges", "--range", "a-b"], /Expected characters of the prompt from and to before/],
    [["--seed", "ranges", "--range", "0-99"], /spans: expected ranges of characters within 0 to 12, got 0 to 99/],
    [["--seed", "ranges", "--range", "0-9", "--range", "8-12"], /share no character/],
  ];
  for (const [args, message] of alone) assert.match((await run("attribute", ...args)).stderr, message);
});

test("a subspace from a file, and a direction", async () => {
  await written("basis.json", JSON.stringify(Array.from({ length: 16 }, (_, d) => (d === 3 ? 1 : 0))));
  const path = await written(
    "basis.mjs",
    `import { readFileSync } from "node:fs";
     export const method = async ({ architecture: { hidden } }, { constant, subspaceSeed, site }) => ({
       seed: subspaceSeed(site.residPre(1), [
         constant(JSON.parse(readFileSync(new URL("basis.json", import.meta.url), "utf8")), [1, hidden]),
       ]),
       direction: Array.from({ length: hidden }, (_, d) => d),
     });`,
  );
  const basis = constant(
    Array.from({ length: 16 }, (_, d) => (d === 3 ? 1 : 0)),
    [1, 16],
  );
  const seed = subspaceSeed(site.residPre(1), [basis]);
  const direction = Array.from({ length: 16 }, (_, d) => d);
  same(await told("--method", path), await inScript({ seed, direction }));
  const text = (await run("attribute", "--method", path)).stdout;
  assert.match(text, /^target {3}a direction of one's own; of tokens /m);
  assert.match(text, /the state along it -?\d/);
  const saved = join(folder, "direction.json");
  assert.is((await run("attribute", "--method", path, "--save", saved)).code, 0);
  const again = await called(["verify", saved, "--backend", "reference", "--method", path]);
  assert.equal([again.stderr, again.code], ["", 0]);
});

const SQUARES = `export const method = (_, { weightRule, mul, headLevel, orThrow, ...tools }) => ({
  rule: weightRule("squares", (g) => mul(g, g)),
});`;

test("map, compare and generate take a rule, and what is saved is made again by the module that is named", async () => {
  const path = await written("squares.mjs", SQUARES);
  assert.match((await run("map", "--method", path)).stdout, /squares/);
  assert.match(
    (await run("compare", "--method", path, "--format", "csv")).stdout,
    /^part,tokens,.*,taylor,squares\r?\n/,
  );
  const planned = await called([
    "plan",
    "--model",
    folder,
    "--prompt",
    "on the Paris",
    "--backend",
    "cpu",
    "--method",
    path,
  ]);
  assert.match(planned.stdout, /operations/);
  const saved = join(folder, "text.json");
  const made = await run("generate", "--max-tokens", "2", "--explain", "--foil", "--method", path, "--save", saved);
  assert.match(made.stdout, /^rule squares;/m);
  const alone = await called(["verify", saved, "--backend", "reference"]);
  assert.is(alone.code, 2);
  assert.match(
    alone.stderr,
    /^depass: --method: expected .*squares\.mjs, as .*text\.json has it, got none; name the file that/,
  );
  const again = await called(["verify", saved, "--backend", "reference", "--method", path]);
  assert.equal([again.stderr, again.code], ["", 0]);
});

test("a file that names a module is no reason to run it", async () => {
  const path = await written("odd.mjs", SQUARES);
  const saved = join(folder, "odd.json");
  await run("attribute", "--method", path, "--save", saved);
  const ran = join(folder, "ran.txt");
  await writeFile(
    path,
    `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(ran)}, ""); ${SQUARES}`,
  );
  assert.is((await called(["verify", saved, "--backend", "reference"])).code, 2);
  await readFile(ran).then(
    () => assert.unreachable("the module was run"),
    (error) => assert.is(error.code, "ENOENT"),
  );
});

const faults: readonly (readonly [text: string, args: readonly string[], message: RegExp])[] = [
  ["export const other = 1;", [], /method\.mjs: expected a module that exports method.*, got one without it/],
  ["export const method = () => ({});", [], /got an object with nothing/],
  ["export const method = () => ({ rule: 7 });", [], /method\.mjs: rule: expected a rule: .*, got 7/],
  ["export const method = () => ({ seed: { at: 1 } });", [], /seed: expected a seed or a level, got an object with at/],
  ["export const method = () => ({ rules: [] });", [], /expected rule, seed or direction, got rules/],
  ["export const method = () => ({ direction: [NaN] });", [], /direction: expected finite numbers/],
  ["export const method = () => ({ direction: [1, 2] });", [], /direction: expected 16 numbers/],
  ["export const method = () => { throw new Error('on purpose'); };", [], /method\.mjs: .*got on purpose/],
  ["export const method = (", [], /method\.mjs: expected a module that exports method/],
  [SQUARES, ["--rule", "taylor"], /--rule: expected none beside the rule of --method, got both/],
  [
    "export const method = (_, { spanLevel }) => ({ seed: spanLevel('words') });",
    ["--seed", "head"],
    /--seed: expected no parts beside those of --method, got both/,
  ],
];
for (const [i, [text, args, message]] of faults.entries())
  test(`what is no method is a fault: ${text.slice(0, 60)} ${args.join(" ")}`, async () => {
    const at = await written(`${i}-method.mjs`, text);
    const { code, stderr, stdout } = await run("attribute", "--method", at, ...args);
    assert.match(stderr, message);
    assert.is(stdout, "");
    assert.ok(code === 1 || code === 2, `${code}`);
  });

test("a level that a pass backwards chooses", async () => {
  const path = await written(
    "top.mjs",
    "export const method = ({ architecture }, { topNeuronLevel, orThrow }) => ({ seed: orThrow(topNeuronLevel(architecture, 1, 3)) });",
  );
  const { parts } = await told("--method", path);
  same({ parts, rule: "" }, await told("--seed", "neuron", "--from", "1", "--top", "3"));
  assert.match((await run("compare", "--method", path)).stderr, /parts that are known before a run/);
  assert.match((await run("map", "--method", path)).stderr, /expected a rule or a direction, got a seed/);
});

test.run();
