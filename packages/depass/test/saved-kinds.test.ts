// Every kind of result written to a file and read back is what it was, and nothing else is taken for one.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { orThrow, reference, showFaults, softmaxRule, taylorRule } from "@depass/graph";
import type { Model } from "@depass/models";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attribute, load, scoreMaps } from "../src/attribute.ts";
import { compared } from "../src/compare.ts";
import { generationResult } from "../src/generation.ts";
import { tokenLevel } from "../src/levels.ts";
import { save, saveAll } from "../src/save.ts";
import { readSaved, type Saved } from "../src/saved-kinds.ts";
import { writtenOf } from "./page/written.ts";

const test = suite("saved results of every kind");
let folder = "";
let model: Model;
let all: readonly Saved[] = [];

const PROMPT = "The capital of";

test.before(async () => {
  [folder, model] = [await mkdtemp(join(tmpdir(), "depass-kinds-")), await load()];
  const seed = orThrow(tokenLevel(model.architecture, 2));
  const rules = [softmaxRule(), taylorRule()];
  const { generation, explanation } = writtenOf(["The", " sun"], [" sets"]);
  all = [
    await attribute(model, PROMPT, { backend: reference, foil: 7, seed, rule: taylorRule() }),
    await scoreMaps(model, PROMPT, { backend: reference }),
    await scoreMaps(model, PROMPT, { backend: reference, rule: taylorRule() }),
    await compared(model, reference, PROMPT, { seed, rules, why: "asked" })().then(orThrow),
    generationResult(model, reference, "asked", { generation, explanation }),
  ];
});
test.after(async () => {
  await Promise.all([model.close(), rm(folder, { recursive: true, force: true })]);
});

const read = async (path: string) => orThrow(await readSaved(path)());

/** States are for safetensors alone. */
const stateless = (result: Saved): Saved =>
  "attributions" in result
    ? { ...result, attributions: result.attributions.map(({ states: _, ...a }) => a) }
    : (({ states: _, ...rest }) => rest as Saved)(result as Saved & { states?: unknown });

const plain = (result: Saved): unknown => JSON.parse(JSON.stringify(stateless(result)));

test("one a file, and a line each of one", async () => {
  const together = join(folder, "all.jsonl");
  orThrow(await saveAll(together, all)());
  const found = await read(together);
  assert.equal(
    found.map((one) => one.where),
    all.map((_, i) => `${together} line ${i + 1}`),
  );
  for (const [i, result] of all.entries()) {
    const path = join(folder, `${i}.json`);
    orThrow(await save(path, result)());
    const [one, ...others] = await read(path);
    assert.equal([others.length, one?.where], [0, path]);
    for (const back of [one?.result, found[i]?.result]) assert.equal(plain(back as Saved), plain(result));
  }
});

test("safetensors are for attributions; a .jsonl may end in an empty line, and in none", async () => {
  const [first, maps] = all as [Saved, Saved];
  const path = join(folder, "a.safetensors");
  orThrow(await save(path, first)());
  assert.equal(plain((await read(path))[0]?.result as Saved), plain(first));
  const refused = await save(path, maps)();
  assert.match(
    refused._tag === "Left" ? showFaults(refused.left) : "",
    /expected a name that ends in \.json or \.jsonl/,
  );
  const lines = join(folder, "b.jsonl");
  orThrow(await saveAll(lines, [first, maps])());
  await writeFile(lines, (await readFile(lines, "utf8")).trimEnd());
  assert.is((await read(lines)).length, 2);
  const other = await saveAll(join(folder, "b.json"), all)();
  assert.match(other._tag === "Left" ? showFaults(other.left) : "", /ends in \.jsonl, got \.json/);
});

type Json = Readonly<Record<"tokens" | "heads" | "attributions", readonly object[]>>;

/** What is said of the file of a result that was changed. */
const saidOf = async (index: number, change: (json: Json) => object): Promise<string> => {
  const path = join(folder, "changed.json");
  orThrow(await save(path, all[index] as Saved)());
  const json = JSON.parse(await readFile(path, "utf8")) as Json;
  await writeFile(path, JSON.stringify(change(json)));
  const found = await readSaved(path)();
  return found._tag === "Left" ? showFaults(found.left) : "read";
};

const [ATTRIBUTION, MAPS, TAYLOR, COMPARISON] = [0, 1, 2, 3];

const rest = (row: readonly unknown[]): readonly unknown[] => row.slice(1);

const changes: readonly (readonly [what: string, index: number, change: (json: Json) => object, said: RegExp])[] = [
  ["nothing", ATTRIBUTION, (json) => json, /^read$/],
  ["no key of any", MAPS, () => ({}), /changed\.json: expected a saved result, got something else/],
  ["a list", MAPS, (json) => [json], /expected a saved result/],
  ["a position that is not there", ATTRIBUTION, (json) => ({ ...json, position: 99 }), /expected a saved result/],
  ["a part of no token", ATTRIBUTION, (json) => ({ ...json, tokens: [json.tokens[0]] }), /expected a saved result/],
  ["a score that is a text", MAPS, (json) => ({ ...json, mlp: ["1"] }), /at mlp: expected saved maps/],
  ["a layer too few", MAPS, (json) => ({ ...json, heads: rest(json.heads) }), /expected saved maps/],
  ["tokens without scores", TAYLOR, (json) => ({ ...json, tokens: rest(json.tokens) }), /expected saved maps/],
  ["rules that are not told", COMPARISON, (json) => ({ ...json, moved: [] }), /expected a saved comparison/],
  ["none", COMPARISON, () => ({ attributions: [], moved: [] }), /expected a saved comparison/],
  [
    "an attribution of another prompt",
    COMPARISON,
    ({ attributions: [first, second], ...json }) => ({
      ...json,
      attributions: [first, { ...second, prompt: "Other" }],
    }),
    /expected a saved comparison/,
  ],
  [
    "one that is none",
    COMPARISON,
    (json) => ({ ...json, attributions: [{}, {}] }),
    /changed\.json at attributions at \w+: expected a saved result/,
  ],
];

for (const [what, index, change, said] of changes)
  test(`changed: ${what}`, async () => {
    assert.match(await saidOf(index, change), said);
  });

test("a line that is wrong is told by its number", async () => {
  const path = join(folder, "c.jsonl");
  orThrow(await saveAll(path, all)());
  const lines = (await readFile(path, "utf8")).split("\n");
  const saying = async (line: string): Promise<string> => {
    await writeFile(path, [lines[0], line, lines[1]].join("\n"));
    const found = await readSaved(path)();
    return found._tag === "Left" ? showFaults(found.left) : "read";
  };
  assert.is(await saying(""), "read");
  assert.match(await saying("{"), /c\.jsonl line 2: expected JSON/);
  assert.match(await saying('{"heads": []}'), /c\.jsonl line 2 at \w+: expected saved maps/);
  await writeFile(path, "\n");
  const none = await readSaved(path)();
  assert.match(none._tag === "Left" ? showFaults(none.left) : "", /expected a saved result, got none/);
});

test.run();
