import { test } from "uvu";
import * as assert from "uvu/assert";
import { chatTemplateOf } from "../../src/chat/template.ts";
import { left, right } from "../either.ts";
import { withFiles } from "../folder.ts";

const found = (files: Readonly<Record<string, string>>) =>
  withFiles(files, async (folder) => chatTemplateOf({ folder })());

const config = (chat_template: unknown): string =>
  JSON.stringify({ bos_token: { content: "<s>" }, eos_token: "</s>", pad_token: null, chat_template });

test("a template of tokenizer_config.json, by name, or of a file of its own", async () => {
  const plain = right(await found({ "tokenizer_config.json": config("{{ 1 }}") }));
  assert.is(plain.template, "{{ 1 }}");
  assert.equal(plain.tokens, { bos_token: "<s>", eos_token: "</s>" });
  assert.match(plain.where, /tokenizer_config\.json$/);
  const several = [
    { name: "tool_use", template: "a" },
    { name: "default", template: "b" },
  ];
  assert.is(right(await found({ "tokenizer_config.json": config(several) })).template, "b");
  const own = right(await found({ "tokenizer_config.json": config("a"), "chat_template.jinja": "c" }));
  assert.is(own.template, "c");
  assert.is(own.tokens.bos_token, "<s>");
  assert.equal(right(await found({ "chat_template.jinja": "c" })).tokens, {});
});

test("none, of another kind, too long, damaged", async () => {
  assert.match(left(await found({ a: "" })), /expected a chat template, got nothing; this model has none/);
  assert.match(left(await found({ "tokenizer_config.json": config(7) })), /expected a chat template, got 7/);
  assert.match(left(await found({ "tokenizer_config.json": config([{ name: "x" }]) })), /got a list of 1/);
  assert.match(left(await found({ "tokenizer_config.json": "{" })), /expected JSON/);
  assert.match(left(await found({ "chat_template.jinja": "x".repeat(1_000_001) })), /at most 1000000 bytes/);
});

test.run();
