import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Call, called, depass, type Ended, onDevice } from "../run.ts";
import { newFolder, PARIS, remove, THE, writeCheckpoint } from "../tiny.ts";

const test = suite("depass attribute");
let model = "";
test.before(async () => {
  model = await newFolder();
  await writeCheckpoint(model);
});
test.after(() => remove(model));

/** Within this process, unless the call needs one of its own. */
const attribute = (args: readonly string[], call?: Call): Promise<Pick<Ended, "code" | "stdout" | "stderr">> => {
  const all = ["attribute", "--model", model, "--backend", "reference", ...args];
  return call === undefined ? called(all) : depass(all, call);
};

type Json = {
  readonly backend: string;
  readonly rule: string;
  readonly seed: string;
  readonly to?: string;
  readonly explained: number;
  readonly prompt: string;
  readonly tokens: readonly { readonly id: number; readonly text: string }[];
  readonly target: { readonly id: number; readonly text: string; readonly logit: number };
  readonly parts: readonly { readonly name: string; readonly score: number }[];
  readonly total: number;
  readonly gap: number;
};

/** The result of a call that should work; the object is alone on stdout, and stderr is empty. */
const json = async (args: readonly string[], call?: Call): Promise<Json> => {
  const { code, stdout, stderr } = await attribute([...args, "--json"], call);
  assert.is(stderr, "");
  assert.is(code, 0);
  assert.is(stdout.trimEnd().split("\n").length, 1);
  return JSON.parse(stdout) as Json;
};

test("--json: one object with tokens, target and parts that sum to the logit", async () => {
  const found = await json(["--prompt", "on the Paris", "--target", " Paris"]);
  assert.is(found.backend, "reference");
  assert.is(found.rule, "softmax 0.1");
  assert.is(found.seed, "token from layers.0.resid_pre");
  assert.equal(
    found.tokens.map((t) => [t.id, t.text]),
    [
      [111, "o"],
      [110, "n"],
      [THE, " the"],
      [PARIS, " Paris"],
    ],
  );
  assert.equal([found.target.id, found.target.text], [PARIS, " Paris"]);
  assert.equal(
    found.parts.map((p) => p.name),
    ["o", "n", " the", " Paris", "bias", "remainder"],
  );
  const sum = found.parts.reduce((a, p) => a + p.score, 0);
  assert.ok(Math.abs(sum - found.target.logit) < 1e-9 && found.gap < 1e-9);
});

test("the target is a text, an id, or the likeliest token; layer, temperature and special tell", async () => {
  const byText = await json(["--prompt", "on the", "--target", " Paris"]);
  assert.equal((await json(["--prompt", "on the", "--target", `#${PARIS}`])).parts, byText.parts);
  const own = await json(["--prompt", "on the"]);
  assert.ok(own.target.logit >= byText.target.logit);
  const later = await json(["--prompt", "on the", "--target", " Paris", "--from", "1"]);
  assert.is(later.seed, "token from layers.1.resid_pre");
  assert.not.equal(later.parts, byText.parts);
  assert.ok(Math.abs(later.total - byText.total) < 1e-9);
  const other = await json(["--prompt", "on the", "--target", " Paris", "--temperature", "2", "--special", "keep"]);
  assert.is(other.rule, "softmax 2, special token kept");
  assert.not.equal(other.parts, byText.parts);
});

test("read in what a head or module adds, by its name; an unknown one is told with the nearest", async () => {
  const call = ["--prompt", "on the", "--target", " Paris", "--to"];
  const [head, whole] = [await json([...call, "L1H1"]), await json(["--prompt", "on the", "--target", " Paris"])];
  assert.is(head.to, "L1H1");
  assert.is(head.target.logit, whole.target.logit);
  assert.ok(head.gap < 1e-9 && Math.abs(head.explained - whole.explained) > 1e-3);
  assert.match((await attribute([...call, "layers.0.mlp"])).stdout, /layers\.0\.mlp_out adds -?\d+\.\d{4}/);
  const wrong = await attribute([...call, "layers.1.atn_out"]);
  assert.is(wrong.code, 1);
  assert.match(wrong.stderr, /^depass: to: expected .*nearest names are layers\.1\.attn_out/);
});

test("the neurons that score most; --top with another seed or with --neurons is refused", async () => {
  const call = ["--prompt", "on the", "--seed", "neuron", "--from", "1", "--top", "3", "--rule", "taylor"];
  const found = await json(call);
  const scores = found.parts.slice(1, 4).map((p) => Math.abs(p.score));
  assert.is(found.parts.length, 6);
  assert.equal(
    scores,
    [...scores].sort((a, b) => b - a),
  );
  assert.match((await attribute([...call, "--neurons", "1"])).stderr, /no --neurons with it/);
  const other = await attribute(["--prompt", "on the", "--top", "3"]);
  assert.is(other.code, 2);
  assert.match(other.stderr, /^depass: --top: expected --seed neuron with it, got --seed token/);
});

test("the prompt is piped in, from a file or on the line; one line end is left off", async () => {
  const wanted = (await json(["--prompt", "né\n"])).parts;
  assert.equal((await json([], { input: "né\n\n" })).parts, wanted);
  assert.equal((await json(["--prompt", "-"], { input: "né\n\r\n" })).parts, wanted);
  await writeFile(join(model, "prompt.txt"), "né\n\n");
  assert.equal((await json(["--prompt-file", "prompt.txt"], { cwd: model })).parts, wanted);
});

test("every text of a prompt is data in the JSON", async () => {
  const prompt = '"\\\u0000\u001b[2J\u202e</script>\u2028𝒳';
  const found = await json(["--prompt-file", await written(prompt)]);
  assert.is(found.prompt, prompt);
});

const written = async (text: string): Promise<string> => {
  const path = join(model, "odd.txt");
  await writeFile(path, text);
  return path;
};

test("for people: no escape code without a terminal or under NO_COLOR, colours under FORCE_COLOR", async () => {
  const plain = await attribute(["--prompt", "on the"], { env: { COLUMNS: "60" } });
  assert.is(plain.code, 0);
  assert.is(plain.stderr, "");
  assert.match(plain.stdout, /^o│n│ the ▸/);
  assert.match(plain.stdout, /^backend {2}reference on f64 evaluator/m);
  assert.match(plain.stdout, /^time {5}load .*prepare .*run /m);
  assert.not.ok(plain.stdout.includes("\x1b"));
  const none = await attribute(["--prompt", "on the"], { env: { NO_COLOR: "1", CI: "1" } });
  assert.not.ok(none.stdout.includes("\x1b"));
  assert.ok((await attribute(["--prompt", "on the"], { env: { FORCE_COLOR: "3" } })).stdout.includes("\x1b[48;2;"));
});

test("whoever stops reading is no error", async () => {
  const { code, stderr } = await attribute(["--prompt", "on the"], { watch: (child) => child.stdout?.destroy() });
  assert.is(stderr, "");
  assert.is(code, 0);
});

test("--save writes what --json prints, whole or not at all", async () => {
  const folder = join(model, "saved");
  await mkdir(folder);
  await json(["--prompt", "on the", "--save", join(folder, "a.json")]);
  await json(["--prompt", "on the", "--save", join(folder, "a.safetensors")]);
  assert.equal((await readdir(folder)).sort(), ["a.json", "a.safetensors"]);
  const saved = JSON.parse(await readFile(join(folder, "a.json"), "utf8")) as Json;
  assert.equal(saved.parts, (await json(["--prompt", "on the"])).parts);
});

test("--report writes a page with the result and the call that makes it again", async () => {
  const path = join(model, "it's why.html");
  const given = ["--prompt", "on the", "--target", " Paris", "--from", "1", "--layers"];
  await json([...given, "--report", path]);
  const page = await readFile(path, "utf8");
  const [, data = ""] = /<script id="data" type="application\/json">(.*?)<\/script>/s.exec(page) ?? [];
  const { sheets } = JSON.parse(data) as { sheets: readonly { result: Json; command: string }[] };
  const [{ result, command } = { result: undefined, command: "" }] = sheets;
  assert.equal(result?.parts, (await json(given)).parts);
  assert.is(
    command,
    `depass attribute --model ${model} --from 1 --layers --backend reference --target ' Paris' --prompt 'on the'`,
  );
});

const faults: readonly (readonly [args: readonly string[], status: 1 | 2, message: RegExp])[] = [
  [["--prompt", "on", "--target", "#999999"], 1, /^depass: target: expected a token id from 0 to 264, got 999999\n$/],
  [
    ["--prompt", "on", "--target", "Paris"],
    1,
    /which is 5: 80 "P", 97 "a".*; with its space it is one token: " Paris"/,
  ],
  [["--prompt", "on", "--target", "xyz"], 1, /expected a text of one token, got "xyz", which is 3: 120 "x"/],
  [["--prompt", "on", "--target", ""], 1, /expected a text of one token, got "", which is none/],
  [["--prompt", ""], 1, /^depass: prompt: expected some text, got none\n$/],
  [["--prompt", "word ".repeat(60)], 1, /^depass: prompt: expected at most 64 tokens .*, got \d+; shorten it\n$/],
  [
    ["--prompt-file", "/nowhere/prompt.txt"],
    1,
    /^depass: \/nowhere\/prompt\.txt: expected a text, got nothing there\n$/,
  ],
  [["--prompt-file", "/"], 1, /^depass: \/: expected a text, got a folder\n$/],
  [["--prompt", "on", "--from", "99"], 2, /^depass: --from: expected a layer of this model, 0 to 1, got 99\n$/],
  [
    ["--prompt", "on", "--save", "/nowhere/x.json"],
    1,
    /expected a place to write to, got a folder that does not exist\n$/,
  ],
  [
    ["--prompt", "on", "--report", "/nowhere/x.html"],
    1,
    /expected a place to write to, got a folder that does not exist\n$/,
  ],
  [["--prompt", "on", "--temperature", "1e-300"], 1, /^depass: scores: expected finite numbers, .*NaN/],
];

test("what is wrong has one clear message, its status, and nothing on stdout", async () => {
  for (const [args, status, message] of faults) {
    const { code, stdout, stderr } = await attribute(args);
    assert.is(code, status, args.join(" "));
    assert.is(stdout, "");
    assert.match(stderr, message);
    assert.is(stderr.split("\n").length, 2);
  }
});

test("nothing piped in, a prompt that is no UTF-8, and a place that is a folder", async () => {
  const nothing = await attribute([], {});
  assert.is(nothing.code, 1);
  assert.is(nothing.stderr, "depass: prompt: expected some text, got none\n");
  const bytes = await attribute([], { input: Uint8Array.of(0x6f, 0xff, 0xfe) });
  assert.is(bytes.code, 1);
  assert.is(bytes.stderr, "depass: standard input: expected text in UTF-8, got other bytes\n");
  await mkdir(join(model, "folder.json"));
  const place = await attribute(["--prompt", "on", "--save", join(model, "folder.json")]);
  assert.is(place.code, 1);
  assert.match(place.stderr, /expected a place for a file, got a folder/);
});

test("on a device: WebGPU agrees with the reference; a missing adapter and too little memory are told", async () => {
  if (!(await onDevice("attribute on a device"))) return;
  const base = ["attribute", "--model", model, "--prompt", "on the", "--json", "--backend", "webgpu"];
  const { code, stdout, stderr } = await depass(base);
  assert.is(code, 0, stderr);
  const found = JSON.parse(stdout) as Json;
  const wanted = await json(["--prompt", "on the"]);
  assert.is(found.backend, "webgpu");
  assert.is(found.target.id, wanted.target.id);
  assert.ok(found.parts.every((p, i) => Math.abs(p.score - (wanted.parts[i]?.score ?? Number.NaN)) < 1e-4));
  const none = await depass([...base, "--adapter", "nonsense"]);
  assert.is(none.code, 1);
  assert.match(none.stderr, /^depass: --adapter: expected an adapter named like 'nonsense', got /);
  const little = await depass([...base, "--memory", "1KiB"]);
  assert.is(little.code, 1);
  assert.match(little.stderr, /^depass: the weights: expected at most 1 KiB .*, got \d+ KiB; raise --memory/);
});

test.run();
