// --prompts: each of a file's prompts as if it were asked by itself, and everything that can be wrong with such a file.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { called } from "../run.ts";
import { newFolder, PARIS, remove, THE, writeCheckpoint } from "../tiny.ts";

const test = suite("--prompts");
let model = "";
test.before(async () => {
  model = await newFolder();
  await writeCheckpoint(model);
});
test.after(() => remove(model));

const file = async (name: string, content: string | object): Promise<string> => {
  const path = join(model, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content, null, 2));
  return path;
};

const ask = (command: string, ...args: readonly string[]) =>
  called([command, "--model", model, "--backend", "reference", ...args]);

const printed = async (command: string, ...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await ask(command, ...args);
  assert.equal([stderr, code], ["", 0]);
  return stdout;
};

/** The lines of --json, but for the seconds. */
const results = async (command: string, ...args: readonly string[]) =>
  (await printed(command, "--json", ...args))
    .trimEnd()
    .split("\n")
    .map((line) => ({ ...JSON.parse(line), times: undefined }));

const entries = [
  "on the",
  { prompt: " Paris on", target: " the" },
  { prompt: "the", target: PARIS, foil: [THE, 70] },
  { prompt: "on", target: "#70", foil: [] },
];
const alone: readonly (readonly string[])[] = [
  ["--prompt", "on the", "--target", "#80", "--foil", "#81"],
  ["--prompt", " Paris on", "--target", " the", "--foil", "#81"],
  ["--prompt", "the", "--target", ` Paris`, "--foil", " the", "#70"],
  ["--prompt", "on", "--target", "#70"],
];

const asked: readonly (readonly [command: string, args: readonly string[]])[] = [
  ["attribute", []],
  ["attribute", ["--rule", "taylor", "--seed", "neuron", "--from", "1", "--top", "2"]],
  ["map", ["--rule", "linear"]],
];

for (const [command, args] of asked)
  test(`${command} ${args.join(" ")}: a line of JSON each, as each is by itself; what an entry says goes first`, async () => {
    const wanted = [];
    for (const one of alone) wanted.push(...(await results(command, ...args, ...one)));
    const all = [...args, "--target", "#80", "--foil", "#81"];
    const lines = entries.map((entry) => JSON.stringify(entry)).join("\r\n\n");
    assert.equal(await results(command, ...all, "--prompts", await file("a.jsonl", lines)), wanted);
    assert.equal(await results(command, ...all, "--prompts", await file("a.json", entries)), wanted);
  });

test("a text has a prompt a line, with its spaces; empty lines are none", async () => {
  const path = await file("a.txt", "\ufeff on the\n\n  \r\nthe \r\n[1]\n");
  const found = await results("attribute", "--prompts", path);
  assert.equal(
    found.map(({ prompt }) => prompt),
    [" on the", "the ", "[1]"],
  );
});

test("for people: each report under its place in the file; the target that was asked for is not called the likeliest", async () => {
  const path = await file("b.jsonl", '"on the"\n{ "prompt": "the", "target": " Paris" }');
  const text = await printed("attribute", "--prompts", path);
  const [none, first, second] = text.split(/^.*b\.jsonl line \d$/m);
  assert.is(none, "");
  assert.match(first ?? "", /^\n\no│n│ the ▸.*likeliest next token/s);
  assert.match(second ?? "", /^\n\nthe ▸ Paris\n/);
  assert.not.match(second ?? "", "likeliest");
  assert.match(await printed("compare", "--prompts", path), /line 1\n\n.*line 2\n\n/s);
});

test("csv: one table, a row a part of each prompt; markdown: a table each", async () => {
  const path = await file("c.jsonl", '"on the"\n{ "prompt": "the", "target": " Paris" }');
  const rows = (await printed("attribute", "--prompts", path, "--format", "csv")).trimEnd().split("\r\n");
  assert.is(rows[0], "prompt,target,part,tokens,score,norm");
  assert.equal(
    rows.slice(1).map((row) => row.split(",")[0]),
    [..."1".repeat(3 + 2), ..."2".repeat(1 + 2)],
  );
  assert.ok(rows.at(-1)?.startsWith(`2,""" Paris"" (#${PARIS})",remainder,`));
  const json = await results("attribute", "--prompts", path);
  const scores = rows.slice(1).map((row) => Number(row.split(",").at(-2)));
  assert.equal(
    scores,
    json.flatMap(({ parts }) => parts.map((part: { readonly score: number }) => part.score)),
  );
  const tables = (await printed("map", "--prompts", path, "--format", "markdown")).split(/\n\n(?=\\")/);
  assert.is(tables.length, 2);
  assert.ok(tables.every((table) => table.includes("| kind | layer | index | score |")));
});

test("--report: all on one page, each with the call that asks it alone; --save: the lines of --json with their origin", async () => {
  const [page, saved] = [join(model, "all.html"), join(model, "all.jsonl")];
  const path = await file("d.jsonl", entries.map((entry) => JSON.stringify(entry)).join("\n"));
  const found = await results("attribute", "--prompts", path, "--foil", "#81", "--report", page, "--save", saved);
  const html = await readFile(page, "utf8");
  const [, data = ""] = /<script id="data" type="application\/json">(.*?)<\/script>/s.exec(html) ?? [];
  const { sheets } = JSON.parse(data) as { sheets: readonly { result: { parts: unknown }; command: string }[] };
  assert.equal(
    sheets.map(({ result }) => result.parts),
    found.map(({ parts }) => parts),
  );
  assert.equal(
    sheets.slice(2).map(({ command }) => command),
    [
      `depass attribute --model ${model} --backend reference --target '#${PARIS}' --foil '#${THE}' --foil '#70' --prompt the`,
      `depass attribute --model ${model} --backend reference --target '#70' --prompt on`,
    ],
  );
  const lines = (await readFile(saved, "utf8")).trimEnd().split("\n");
  assert.is(lines.length, found.length);
  for (const [i, line] of lines.entries()) {
    assert.equal({ ...JSON.parse(line), times: undefined }, found[i]);
    const { hashes, call } = JSON.parse(line);
    assert.match(hashes.weights, /^[0-9a-f]{64}$/);
    assert.equal(call.foil, [["#81"], ["#81"], [`#${THE}`, "#70"], undefined][i]);
  }
  const from = await called(["report", saved, "--out", page]);
  assert.equal([from.stderr, from.code], ["", 0]);
  assert.match(await readFile(page, "utf8"), "<title>4 predictions explained</title>");
});

test("--maps: beside each its own heads and modules", async () => {
  const page = join(model, "maps.html");
  const path = await file("i.json", ["on the", "the", { prompt: "on the", foil: PARIS }]);
  await printed("attribute", "--prompts", path, "--maps", "--report", page);
  const html = await readFile(page, "utf8");
  const [, data = ""] = /<script id="data" type="application\/json">(.*?)<\/script>/s.exec(html) ?? [];
  const { sheets } = JSON.parse(data) as { sheets: readonly { modules: { heads: unknown; mlp: unknown } }[] };
  assert.equal(
    sheets.map(({ modules: { heads, mlp } }) => ({ heads, mlp })),
    (await results("map", "--prompts", path)).map(({ heads, mlp }) => ({ heads, mlp })),
  );
});

test("saved maps, comparisons and explained texts go on one page with the others", async () => {
  const one = ["--prompt", "on the", "--save"];
  const files = ["m.json", "c.json", "g.json"].map((name) => join(model, name));
  const [maps = "", comparison = "", text = ""] = files;
  await printed("map", ...one, maps);
  await printed("compare", ...one, comparison);
  await printed("generate", "--max-tokens", "2", "--explain", ...one, text);
  const page = join(model, "kinds.html");
  const { code, stderr } = await called(["report", ...files, "--out", page]);
  assert.equal([stderr, code], ["", 0]);
  const html = await readFile(page, "utf8");
  for (const key of ["modules", "rules", "written"]) assert.ok(html.includes(`"${key}":{`), key);
});

const faults: readonly (readonly [name: string, content: string, message: string])[] = [
  ["e.jsonl", '"on"\n{ "prompt": "on" ', "e.jsonl line 2: expected JSON, got"],
  ["e.jsonl", '"on"\n\n{ "prompt": "on", "targte": "x" }', 'e.jsonl line 3: expected a text or { "prompt": … '],
  ["e.jsonl", '{ "prompt": "on", "targte": "x" }', 'got the key "targte"\n'],
  ["e.jsonl", '{ "target": "x" }', "e.jsonl line 1: expected a text or {"],
  ["e.jsonl", '{ "prompt": 3 }', "got another type of value\n"],
  ["e.jsonl", '{ "prompt": "on", "prompt": "in" }', "e.jsonl line 1: expected every key once, got repeated"],
  [
    "e.json",
    '["on", 7]',
    'e.json entry 2: expected a text or { "prompt": … or "messages": […], "target": …, "foil": … }, got 7\n',
  ],
  ["e.json", '{ "prompt": "on" }', "e.json: expected an array of prompts, got object; or name it .jsonl, or .txt\n"],
  ["e.json", "[]", "e.json: expected at least one prompt, got none\n"],
  ["e.txt", " \n\n", "e.txt: expected at least one prompt, got none\n"],
  [
    "e.txt",
    `on\n${"word ".repeat(60)}`,
    "e.txt line 2: prompt: expected at most 64 tokens (the model's context), got ",
  ],
  ["e.json", '["on", ""]', "e.json entry 2: prompt: expected some text, got none\n"],
  ["e.json", '["on", { "prompt": "on", "target": "xyz" }]', "e.json entry 2: target: expected a text of one token"],
  [
    "e.json",
    '["on", { "prompt": "on", "target": 999 }]',
    "entry 2: target: expected a token id from 0 to 264, got 999",
  ],
  [
    "e.json",
    '[{ "prompt": "on", "target": 7, "foil": "#7" }]',
    "entry 1: foil: expected another token than the target",
  ],
];

test("a wrong entry is one clear fault with its place, and then none runs", async () => {
  for (const [name, content, message] of faults) {
    const { code, stdout, stderr } = await ask("attribute", "--prompts", await file(name, content));
    assert.equal([code, stdout], [1, ""], content);
    assert.ok(stderr.startsWith("depass: ") && stderr.includes(message), `${stderr} for ${content}`);
    assert.is(stderr.trimEnd().split("\n").length, 1);
  }
  const two = await ask("attribute", "--prompts", await file("f.txt", "on\n\n"), "--target", "xyz");
  assert.match(two.stderr, /f\.txt line 1: target: expected a text of one token/);
  const both = await ask("attribute", "--prompts", await file("f.json", ["", "on", { prompt: "" }]));
  assert.equal(both.stderr.match(/entry \d/g), ["entry 1", "entry 3"]);
});

test("special tokens that prompts spell: refused in all that do, or read as text in all, and so again", async () => {
  const path = await file("j.json", ["on<end>", "on", "<end>the"]);
  const refused = await ask("attribute", "--prompts", path, "--special-tokens", "refuse");
  assert.equal([refused.code, refused.stdout], [1, ""]);
  assert.equal(refused.stderr.match(/entry \d: .* spells no special tokens/g)?.length, 2);
  const saved = join(model, "j.jsonl");
  const found = await results("attribute", "--prompts", path, "--special-tokens", "text", "--save", saved);
  assert.ok(found.every(({ tokens }) => tokens.every(({ special }: { readonly special: boolean }) => !special)));
  const again = await called(["verify", saved, "--backend", "reference"]);
  assert.equal([again.stderr, again.code], ["", 0]);
  assert.is(again.stdout.match(/: 6 of 6$/gm)?.length, 3);
});

test("what only the run can tell ends it there, and what was printed stays", async () => {
  const likeliest = (await results("attribute", "--prompt", "on the"))[0].target.id;
  const path = await file("g.json", ["on", { prompt: "on the", foil: likeliest }, "the"]);
  const { code, stdout, stderr } = await ask("attribute", "--json", "--prompts", path);
  assert.equal([code, stdout.trimEnd().split("\n").length], [1, 1]);
  assert.match(stderr, /^depass: .*g\.json entry 2: foil: expected another token than the target, got .*likeliest\n$/);
});

test("a call that says two things", async () => {
  const path = await file("h.txt", "on");
  const other = join(model, "h.json");
  const calls: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [["--prompt", "on"], /'--prompts <file>' cannot be used with option '--prompt <text>'|cannot be used with/],
    [["--prompt-file", path], /cannot be used with/],
    [["--save", other], /^depass: --save: expected a name that ends in \.jsonl, with --prompts, got .*h\.json\n$/],
    [["--all", "--json"], /^depass: --all: expected the report for people/],
  ];
  for (const [args, message] of calls) {
    const { code, stderr } = await ask("attribute", "--prompts", path, ...args);
    assert.is(code, 2);
    assert.match(stderr, message);
  }
  assert.match((await ask("attribute", "--prompts", "/nowhere/a.txt")).stderr, /expected a text, got nothing there/);
  const tensors = await ask("map", "--prompt", "on", "--save", join(model, "m.safetensors"));
  assert.equal([tensors.code, tensors.stdout], [2, ""]);
  assert.match(tensors.stderr, /Expected a name that ends in \.json or \.jsonl/);
});

test.run();
