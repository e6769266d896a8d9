// A saved result made again: the same, from another place, and every way in which it can come out otherwise.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { orThrow } from "@depass/graph";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cite } from "../../src/cite.ts";
import type { GeneratedExplanation } from "../../src/explain-generated.ts";
import { explanationIn, readGeneration } from "../../src/generation.ts";
import { readResult } from "../../src/saved.ts";
import { called } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("depass verify");
let folder = "";
let other = "";
test.before(async () => {
  [folder, other] = [await newFolder(), await newFolder()];
  await writeCheckpoint(folder);
  await writeCheckpoint(other, { layers: 2, hidden: 16, heads: 4, mlp: 24, context: 64 });
});
test.after(async () => {
  await Promise.all([remove(folder), remove(other)]);
});

const reference = ["--backend", "reference"];

const saved = async (name: string, ...args: readonly string[]): Promise<string> => {
  const path = join(folder, name);
  const { code, stderr } = await called([
    ...["attribute", "--model", folder, "--prompt", "on the Paris", "--save", path],
    ...reference,
    ...args,
  ]);
  assert.is(stderr, "");
  assert.is(code, 0);
  return path;
};

test("the same comes out, whatever was asked", async () => {
  const asked = [
    ["a.json"],
    ["b.safetensors", "--seed", "head", "--from", "1", "--rule", "linear"],
    ["c.safetensors", "--rule", "taylor", "--foil", " the", "--seed", "words"],
    ["e.json", "--seed", "neuron", "--from", "1", "--top", "2"],
    ["f.safetensors", "--to", "L1H1", "--foil", " the"],
    ["d.json", "--to", "1", "--layers", "--temperature", "0.5", "--special", "keep"],
  ] as const;
  for (const [name, ...args] of asked) {
    const { code, stdout, stderr } = await called(["verify", await saved(name, ...args), ...reference]);
    assert.is(stderr, "", name);
    assert.is(code, 0);
    assert.is(stdout.match(/^ok /gm)?.length, 6);
  }
});

test("what is read back is what was made", async () => {
  const path = await saved("e.safetensors", "--seed", "attention", "--promotes", "2");
  const result = await readResult(path)();
  assert.is(result._tag, "Right");
  const found = result._tag === "Right" ? result.right : assert.unreachable();
  assert.equal(
    found?.parts.map((p) => p.name),
    ["L0 resid_pre", "L0 attn_out", "bias", "remainder"],
  );
  assert.is(found?.states?.data.length, 3 * 16);
  assert.is(found?.parts[1]?.promotes?.length, 2);
  assert.is(found?.call?.promotes, 2);
  assert.match(found?.hashes?.weights ?? "", /^[0-9a-f]{64}$/);
});

test("another model, another score, another rule", async () => {
  const path = await saved("f.json");
  const onOther = await called(["verify", path, ...reference, "--model", other]);
  assert.is(onOther.code, 1);
  assert.match(onOther.stdout, /^ok .*ids/m);
  assert.match(onOther.stdout, /^DIFFERS graph/m);
  const json = JSON.parse(await readFile(path, "utf8")) as { parts: { score: number }[] };
  (json.parts[1] as { score: number }).score += 0.01;
  await writeFile(path, JSON.stringify(json));
  const bent = await called(["verify", path, ...reference]);
  assert.is(bent.code, 1);
  assert.match(bent.stdout, /^DIFFERS scores/m);
  assert.match(bent.stderr, /f\.json: scores: expected what was saved, got/);
});

const asked = async (command: string, name: string, ...args: readonly string[]): Promise<string> => {
  const path = join(folder, name);
  const { code, stderr } = await called([command, "--model", folder, "--save", path, ...reference, ...args]);
  assert.equal([stderr, code], ["", 0]);
  return path;
};

const one = ["--prompt", "on the Paris"];

test("maps and comparisons: the same comes out; a number that was bent does not", async () => {
  const than = [...one, "--target", " Paris", "--foil", " the"];
  const files: readonly (readonly [path: string, checks: number])[] = [
    [await asked("map", "map.json", ...one, "--temperature", "2"), 5],
    [await asked("map", "taylor.json", ...than, "--rule", "taylor"), 5],
    [await asked("compare", "compare.json", ...than, "--seed", "head", "--from", "1"), 5 + 7],
  ];
  for (const [path, checks] of files) {
    const { code, stdout, stderr } = await called(["verify", path, ...reference]);
    assert.equal([stderr, code], ["", 0], path);
    assert.is(stdout.match(/^ok /gm)?.length, checks);
  }
  const bent = async (path: string, change: (json: never) => void, wanted: RegExp) => {
    const json = JSON.parse(await readFile(path, "utf8"));
    change(json as never);
    await writeFile(path, JSON.stringify(json));
    const { code, stdout } = await called(["verify", path, ...reference]);
    assert.is(code, 1);
    assert.match(stdout, wanted);
    assert.is(stdout.match(/^DIFFERS /gm)?.length, 1);
  };
  type Neurons = { all: { neurons: number[][] } };
  await bent(
    files[1]?.[0] ?? "",
    ({ all }: Neurons) => void (all.neurons[1] as number[]).fill(1, 3, 4),
    /^DIFFERS scores/m,
  );
  type Rules = { attributions: { parts: { score: number }[] }[] };
  const lower = ({ attributions }: Rules) => void (attributions[4]?.parts[0] as { score: number }).score--;
  await bent(files[2]?.[0] ?? "", lower, /^DIFFERS relu/m);
});

test("many in one file: each line by itself, asked in one go where they were asked alike", async () => {
  const prompts = join(folder, "prompts.jsonl");
  const entries = ["on the", { prompt: "Paris on", target: " the" }, { prompt: "the", target: 5, foil: [6, 7] }];
  await writeFile(prompts, entries.map((entry) => JSON.stringify(entry)).join("\n"));
  const path = await asked("attribute", "many.jsonl", "--prompts", prompts, "--rule", "taylor");
  const maps = await asked("map", "maps.jsonl", "--prompts", prompts);
  await writeFile(path, (await readFile(path, "utf8")) + (await readFile(maps, "utf8")));
  const { code, stdout, stderr } = await called(["verify", path, ...reference]);
  assert.equal([stderr, code], ["", 0]);
  assert.equal(
    stdout.trimEnd().split("\n"),
    [1, 2, 3, 4, 5, 6].map((n) => `ok     ${path} line ${n}: ${n < 4 ? "6 of 6" : "5 of 5"}`),
  );
  const lines = (await readFile(path, "utf8")).split("\n");
  lines[1] = (lines[1] ?? "").replace('"score":', '"score":1');
  await writeFile(path, lines.join("\n"));
  const bent = await called(["verify", path, ...reference]);
  assert.is(bent.code, 1);
  assert.match(bent.stdout, /line 2: 5 of 6\nDIFFERS scores/);
  assert.match(bent.stderr, /^depass: .*many\.jsonl line 2: scores: expected what was saved, got .*\n$/);
});

test("a call that no command takes is refused; what it says of files to write is not heeded", async () => {
  const path = await asked("map", "odd.json", ...one);
  const json = JSON.parse(await readFile(path, "utf8"));
  const changed = async (call: object) => {
    await writeFile(path, JSON.stringify({ ...json, call: { ...json.call, ...call } }));
    return called(["verify", path, ...reference]);
  };
  const page = join(folder, "odd.html");
  assert.is((await changed({ report: page, save: join(folder, "odd2.json"), prompts: "x", chat: true })).code, 0);
  assert.not.ok(existsSync(page) || existsSync(join(folder, "odd2.json")));
  for (const call of [{ rule: "best" }, { from: -1 }, { temperature: "hot" }, { model: 3 }])
    assert.match((await changed(call)).stderr, /odd\.json at call\.\w+: expected the options of a call/);
});

const savedText = async (name: string, ...args: readonly string[]): Promise<string> => {
  const path = join(folder, name);
  const asked = ["--prompt", "on the Paris", "--max-tokens", "3", "--save", path, ...args];
  const { code, stderr } = await called(["generate", "--model", folder, "--backend", "cpu", ...asked]);
  assert.is(stderr, "");
  assert.is(code, 0);
  return path;
};

test("a generated text: explained again as it was, on another backend, too; cited from when read back", async () => {
  const drawn = ["--temperature", "1.5", "--seed", "4"];
  const paths = [
    await savedText("text.json", "--explain", ...drawn),
    await savedText("kept.json", "--explain", "--special", "keep"),
    await savedText("foils.json", "--explain", "--foil", "--rule", "taylor"),
    await savedText("foil-at.json", "--explain", "--foil-at", "5=#7", "--foil-at", "5=#9", "--parts", "head"),
    await savedText("heads.json", "--explain", "--parts", "head", "--from", "1", "--rule", "taylor"),
  ];
  for (const path of paths) {
    const { code, stdout, stderr } = await called(["verify", path, ...reference]);
    assert.is(stderr, "", path);
    assert.is(code, 0);
    assert.is(stdout.match(/^ok /gm)?.length, 6);
  }
  const result = orThrow(await readGeneration(paths[0] as string)());
  const explanation = explanationIn(result);
  assert.is(explanation?.tokens.length, 3);
  const citation = orThrow(cite(explanation as GeneratedExplanation, { from: 0, to: 3 }));
  const total = citation.sources.reduce((sum, { score }) => sum + score, citation.answer);
  assert.ok(Math.abs(total - citation.total) < 1e-4);
});

test("a generated text that is not what was saved, or cannot be", async () => {
  const path = await savedText("bent.json", "--explain");
  const text = await readFile(path, "utf8");
  type Json = { tokens: { id: number }[]; explanation: { tokens: { id: number; scores: number[] }[] } };
  const changed = async (change: (json: Json) => void) => {
    const json = JSON.parse(text) as Json;
    change(json);
    await writeFile(path, JSON.stringify(json));
    return called(["verify", path, ...reference]);
  };
  const bent = await changed(({ explanation }) => {
    (explanation.tokens[0] as { scores: number[] }).scores[1] = 9;
  });
  assert.is(bent.code, 1);
  assert.match(bent.stdout, /^DIFFERS scores/m);
  const told = await savedText("told.json", "--explain", "--foil", "#7");
  const other = (await readFile(told, "utf8")).replaceAll('"id": 7,', '"id": 8,');
  await writeFile(told, other);
  const apart = await called(["verify", told, ...reference]);
  assert.match(apart.stdout, /^DIFFERS logits/m);
  assert.match(apart.stdout, /^DIFFERS scores/m);
  const odd = await changed(({ tokens }) => {
    (tokens[0] as { id: number }).id = 1e9;
  });
  assert.match(odd.stderr, /tokens: expected ids from 0 to \d+, got 1000000000/);
  assert.match((await changed(({ tokens }) => tokens.pop())).stderr, /expected a saved generation/);
  const plain = ["generate", "--model", folder, "--prompt", "on", "--save"];
  assert.match((await called([...plain, path])).stderr, /--save: expected --explain, --cite or --report with it/);
  assert.match((await called([...plain, "x.txt", "--explain"])).stderr, /a name that ends in \.json, got \.txt/);
});

test("what is no result, or has no call", async () => {
  const path = await saved("g.json");
  const { call: _, ...rest } = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  await writeFile(path, JSON.stringify(rest));
  assert.match((await called(["verify", path])).stderr, /expected the call that made it/);
  await writeFile(path, JSON.stringify({ ...rest, parts: "many" }));
  assert.match((await called(["verify", path])).stderr, /g\.json at parts: expected a saved result/);
  assert.match((await called(["verify", join(folder, "none.json")])).stderr, /none\.json: expected a saved result/);
  assert.match((await called(["verify", join(folder, "config.txt")])).stderr, /a name that ends in/);
});

test.run();
