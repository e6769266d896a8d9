// A conversation on the command line: what a script makes of it by chat(), its messages as parts, and what is none.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { orThrow, reference } from "@depass/graph";
import { chat } from "@depass/models";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attribute, load } from "../../src/attribute.ts";
import { rolesOf } from "../../src/roles.ts";
import { spanLevel } from "../../src/spans.ts";
import { called, depass } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const TEMPLATE =
  "{% for m in messages %}{{ '<' + m.role + '>' + m.content + eos_token }}{% endfor %}" +
  "{% if add_generation_prompt %}<bot>{% endif %}";

const test = suite("--messages and --seed roles");
let folder = "";
test.before(async () => {
  folder = await newFolder();
  await writeCheckpoint(folder);
  await writeFile(
    join(folder, "tokenizer_config.json"),
    JSON.stringify({ eos_token: "<end>", chat_template: TEMPLATE }),
  );
});
test.after(() => remove(folder));

const messages = [
  { role: "user", content: "the" },
  { role: "bot", content: "a Paris" },
  { role: "user", content: "on" },
];
const TEXT = "<user>the<end><bot>a Paris<end><user>on<end><bot>";

const file = async (name: string, content: unknown): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};

const run = (command: string, ...args: readonly string[]) =>
  called([command, "--model", folder, "--backend", "reference", ...args]);

type Told = {
  readonly prompt: string;
  readonly parts: readonly { readonly name: string; readonly score: number; readonly tokens?: readonly number[] }[];
};

const told = async (...args: readonly string[]): Promise<Told> => {
  const { code, stdout, stderr } = await run("attribute", "--json", ...args);
  assert.equal([stderr, code], ["", 0]);
  return JSON.parse(stdout) as Told;
};

const again = async (path: string): Promise<void> => {
  const { code, stderr } = await called(["verify", path, "--backend", "reference"]);
  assert.equal([stderr, code], ["", 0], path);
};

test("messages are the parts, as in a script; saved as ranges of the text, which is made again from it alone", async () => {
  const path = await file("talk.json", messages);
  const saved = join(folder, "roles.json");
  const found = await told("--messages", path, "--seed", "roles", "--from", "1", "--save", saved);
  const model = await load(folder);
  const made = orThrow(await chat(model, messages, { addGenerationPrompt: true })());
  const seed = spanLevel(rolesOf(made), 1);
  const wanted = await attribute(model, made.text, { backend: reference, seed });
  await model.close();
  assert.is(found.prompt, TEXT);
  assert.equal(found.parts, JSON.parse(JSON.stringify(wanted.parts)));
  assert.equal(
    found.parts.map(({ name }) => name),
    ["user", "bot", "user 2", "elsewhere", "bias", "remainder"],
  );
  const { call } = JSON.parse(await readFile(saved, "utf8"));
  assert.equal(
    [call.seed, call.range, call.messages],
    ["ranges", ["user=6-9", "bot=19-26", "user 2=37-39"], undefined],
  );
  await remove(path);
  await again(saved);
});

test("a user's message by --chat; what is piped in; no file beside a prompt", async () => {
  const path = await file("one.json", [{ role: "user", content: "on the" }]);
  const found = await told("--prompt", "on the", "--chat", "--seed", "roles");
  assert.equal(found.parts, (await told("--messages", path, "--seed", "roles")).parts);
  const args = ["attribute", "--model", folder, "--backend", "reference", "--json", "--messages", "-"];
  const piped = await depass(args, { input: JSON.stringify(messages) });
  assert.equal([piped.stderr, piped.code, JSON.parse(piped.stdout).prompt], ["", 0, TEXT]);
  for (const other of ["--prompt", "--prompt-file", "--prompts"])
    assert.match((await run("attribute", "--messages", path, other, path)).stderr, /cannot be used with option/);
});

test("special tokens that messages spell: told, refused, or text; parts stay the messages", async () => {
  const path = await file("spelled.json", [{ role: "user", content: "on<end> the" }]);
  const asked = ["--messages", path, "--seed", "roles"];
  assert.match((await run("attribute", ...asked)).stderr, /the message spells "<end>": read as special tokens/);
  assert.match((await run("attribute", ...asked, "--special-tokens", "refuse")).stderr, /spells no special tokens/);
  const saved = join(folder, "spelled-saved.json");
  const { parts } = await told(...asked, "--special-tokens", "text", "--save", saved);
  assert.equal(
    parts.map(({ name }) => name),
    ["user", "elsewhere", "bias", "remainder"],
  );
  await again(saved);
});

test("many conversations: each has its own parts, and its own place in a file", async () => {
  const entries = [{ messages, target: " the" }, "on", { prompt: "the Paris" }];
  const path = await file("talks.jsonl", entries.map((entry) => JSON.stringify(entry)).join("\n"));
  const saved = join(folder, "talks-saved.jsonl");
  const page = join(folder, "talks.html");
  const args = ["--prompts", path, "--chat", "--seed", "roles", "--save", saved, "--report", page];
  const { code, stdout, stderr } = await run("attribute", "--json", ...args);
  assert.equal([stderr, code], ["", 0]);
  const found = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Told);
  assert.equal(
    found.map(({ parts }) => parts.length),
    [6, 4, 4],
  );
  assert.equal(
    found[0]?.parts,
    (await told("--messages", await file("t.json", messages), "--target", " the", "--seed", "roles")).parts,
  );
  assert.equal(found[2]?.parts, (await told("--prompt", "the Paris", "--chat", "--seed", "roles")).parts);
  await again(saved);
  const html = await readFile(page, "utf8");
  assert.match(html, /--chat --seed roles --backend reference --prompt on"/);
});

test("compare, generate and plan take it, too; a page names the call", async () => {
  const path = await file("talk.json", messages);
  const csv = await run("compare", "--messages", path, "--seed", "roles", "--format", "csv");
  assert.match(csv.stdout, /^user,[^\n]*\nbot,[^\n]*\nuser 2,/m);
  const text = join(folder, "text.json");
  const asked = ["--messages", path, "--max-tokens", "2", "--explain", "--parts", "roles", "--save", text];
  assert.equal((await run("generate", ...asked)).stderr, "");
  assert.equal(JSON.parse(await readFile(text, "utf8")).call.range, ["user=6-9", "bot=19-26", "user 2=37-39"]);
  await again(text);
  const plan = await called(["plan", "--model", folder, "--backend", "cpu", "--messages", path, "--seed", "roles"]);
  assert.match(plan.stdout, /^tokens +\d/m);
  const page = join(folder, "page.html");
  await told("--messages", path, "--report", page);
  assert.ok((await readFile(page, "utf8")).includes(`--messages ${path}`));
});

const faults: readonly (readonly [content: unknown, message: RegExp])[] = [
  ["[", /m\.json: expected JSON/],
  [{ role: "user", content: "a" }, /m\.json: expected messages: \[.*, got \{"role"|got \{/],
  [[], /m\.json: expected messages: .*, got none/],
  [[{ role: "user" }], /m\.json message 1: expected \{ "role": "user", "content": "…" \}.*, got \{"role":"user"\}/],
  [[messages[0], { role: "", content: "a" }], /m\.json message 2: .*the role not empty, got/],
  [
    [{ role: "user", content: [{ type: "text", text: "a" }] }],
    /message 1: expected .*, got \{"role":"user","content":\[/,
  ],
  [[{ role: "user", content: "a", name: "b" }], /got the key "name"/],
  [[7, null], /message 1: .*got 7\n.*message 2: .*got null/],
];
for (const [content, message] of faults)
  test(`what is no conversation is a fault: ${JSON.stringify(content)}`, async () => {
    const { code, stdout, stderr } = await run("attribute", "--messages", await file("m.json", content));
    assert.match(stderr, message);
    assert.equal([code, stdout], [1, ""]);
  });

test("a plain prompt has no roles, and its fault says what to do", async () => {
  const plain = ["--prompt", "on the"];
  for (const [command, ...args] of [
    ["attribute", "--seed", "roles"],
    ["compare", "--seed", "roles"],
    ["generate", "--explain", "--parts", "roles"],
  ] as const) {
    const { code, stdout, stderr } = await run(command, ...plain, ...args);
    assert.match(
      stderr,
      /roles: expected .*--chat.*--messages|roles: expected a conversation, got a text; .*--messages/,
    );
    assert.is(stdout, "");
    assert.ok(code === 1 || code === 2);
  }
  const odd = await file("odd.jsonl", `{ "prompt": "on", "messages": [] }`);
  assert.match((await run("attribute", "--prompts", odd)).stderr, /line 1: .*got both a prompt and messages/);
  const none = await file("none.jsonl", `{ "messages": [{ "role": "user" }] }`);
  assert.match((await run("attribute", "--prompts", none)).stderr, /line 1 message 1: expected/);
});

test("a template that changes contents has no place for them", async () => {
  const bent = "{% for m in messages %}{{ m.content | upper }}{{ m.content | length }}{% endfor %}";
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify({ eos_token: "<end>", chat_template: bent }));
  const path = await file("talk.json", messages);
  const { stderr } = await run("attribute", "--messages", path, "--seed", "roles");
  assert.match(
    stderr,
    /roles: expected a chat template that writes contents as they are, got none of them in the text/,
  );
});

test.run();
