import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { orThrow } from "@depass/graph";
import { chat, loadModel } from "@depass/models";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attribute } from "../src/attribute.ts";
import { rolesOf } from "../src/roles.ts";
import { spanLevel } from "../src/spans.ts";
import { called } from "./run.ts";
import { newFolder, remove, writeCheckpoint } from "./tiny.ts";

const TEMPLATE =
  "{% for m in messages %}{{ '<' + m.role + '>' + m.content + eos_token }}{% endfor %}" +
  "{% if add_generation_prompt %}<bot>{% endif %}";

const test = suite("roles");
let folder = "";
test.before(async () => {
  folder = await newFolder();
  await writeCheckpoint(folder);
  const config = { eos_token: "<end>", chat_template: TEMPLATE };
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(config));
});
test.after(() => remove(folder));

test("each message is a part, what the template wrote is another, and they sum to the logit", async () => {
  const model = orThrow(await loadModel(folder)());
  const messages = ["the", "a", "of"].map((content, i) => ({ role: i === 1 ? "bot" : "user", content }));
  const made = orThrow(await chat(model, messages, { addGenerationPrompt: true })());
  assert.is(made.text, "<user>the<end><bot>a<end><user>of<end><bot>");
  assert.equal(
    rolesOf(made).map(({ name, start, end }) => [name, made.text.slice(start, end)]),
    [
      ["user", "the"],
      ["bot", "a"],
      ["user 2", "of"],
    ],
  );
  const found = await attribute(model, made.text, { seed: spanLevel(rolesOf(made)), backend: { backend: "cpu" } });
  assert.equal(
    found.parts.map(({ name }) => name),
    ["user", "bot", "user 2", "elsewhere", "bias", "remainder"],
  );
  assert.ok(found.gap < 1e-4, `${found.gap}`);
  await model.close();
});

test("special tokens that messages spell can be text: the parts are still the messages, and sum to the logit", async () => {
  const model = orThrow(await loadModel(folder)());
  const messages = [{ role: "user", content: "the<end> a" }];
  const made = orThrow(await chat(model, messages, { addGenerationPrompt: true, specials: "text" })());
  const found = await attribute(model, made, { seed: spanLevel(rolesOf(made)), backend: { backend: "cpu" } });
  assert.equal(
    found.tokens.filter((t) => t.special).map(({ start, end }) => [start, end]),
    [[16, 21]], // the template's, behind the message
  );
  assert.equal(
    found.parts.map(({ name }) => name),
    ["user", "elsewhere", "bias", "remainder"],
  );
  assert.ok(found.gap < 1e-4, `${found.gap}`);
  const read = await attribute(model, made.text, { backend: { backend: "cpu" } });
  assert.is(read.tokens.filter((t) => t.special).length, 2);
  await model.close();
});

test("--chat: the prompt is put into the template", async () => {
  const args = ["generate", "--model", folder, "--backend", "cpu", "--prompt", "the", "--chat", "--max-tokens", "1"];
  const { code, stdout, stderr } = await called([...args, "--json"]);
  assert.is(code, 0, stderr);
  assert.is(JSON.parse(stdout).prompt, "<user>the<end><bot>");
  assert.not.match(stderr, /special tokens/);
  const spelled = await called(args.map((arg) => (arg === "the" ? "the<end>" : arg)));
  assert.is(spelled.code, 0, spelled.stderr);
  assert.match(spelled.stderr, /depass: the message spells "<end>": read as special tokens/);
});

const asked = (command: string, ...args: readonly string[]): Promise<Awaited<ReturnType<typeof called>>> =>
  called([command, "--model", folder, "--backend", "cpu", ...args]);

const specialsIn = (stdout: string): readonly number[] =>
  (JSON.parse(stdout).tokens as readonly { special: boolean; start: number }[])
    .filter((t) => t.special)
    .map(({ start }) => start);

test("--special-tokens: those that a prompt or a message spells are read, refused or text", async () => {
  const prompt = ["--prompt", "the<end>", "--json"];
  for (const [args, expected] of [
    [[], [3]],
    [["--special-tokens", "text"], []],
    [
      ["--chat", "--special-tokens", "read"],
      [9, 14],
    ],
    [["--chat", "--special-tokens", "text"], [14]],
  ] as const) {
    const { code, stdout, stderr } = await asked("attribute", ...prompt, ...args);
    assert.is(code, 0, stderr);
    assert.equal(specialsIn(stdout), expected, args.join(" "));
    assert.is(stderr.includes("the message spells"), args.join(" ") === "--chat --special-tokens read", stderr);
  }
  for (const more of [[], ["--chat"]]) {
    const { code, stderr } = await asked("map", ...prompt, "--special-tokens", "refuse", ...more);
    assert.is(code, 1);
    assert.match(
      stderr,
      /expected a text that spells no special tokens, got "<end>"; take them out, or have them read/,
    );
  }
  const none = await asked("map", "--prompt", "the", "--json", "--special-tokens", "refuse");
  assert.is(none.code, 0, none.stderr);
});

test("what was read as text is read so again: verify, and the call on a page", async () => {
  const how = ["--prompt", "the<end>", "--chat", "--special-tokens", "text"];
  const [a, g, page] = ["a.json", "g.json", "page.html"].map((name) => join(folder, name)) as [string, string, string];
  const first = await asked("attribute", ...how, "--save", a, "--report", page);
  assert.is(first.code, 0, first.stderr);
  const second = await asked("generate", ...how, "--max-tokens", "2", "--explain", "--save", g);
  assert.is(second.code, 0, second.stderr);
  for (const path of [a, g]) {
    const { code, stdout, stderr } = await called(["verify", path, "--backend", "cpu"]);
    assert.is(code, 0, stdout + stderr);
  }
  const again = "depass attribute --model FOLDER --special-tokens text --chat --backend cpu --prompt 'the\\u003cend>'";
  assert.ok((await readFile(page, "utf8")).replaceAll(folder, "FOLDER").includes(again));
  await writeFile(a, (await readFile(a, "utf8")).replace(/"splitSpecialTokens": \[/, '"splitSpecialTokens": ["x",'));
  const odd = await called(["verify", a, "--backend", "cpu"]);
  assert.is(odd.code, 1);
  assert.match(odd.stderr, /call.splitSpecialTokens: expected true, or ranges of characters, got something else/);
});

test.run();
