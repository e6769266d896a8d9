import { writeFile } from "node:fs/promises";
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

test.run();
