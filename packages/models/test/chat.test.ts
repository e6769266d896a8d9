import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Chat, chat, type Message } from "../src/chat.ts";
import { tokenizerOf } from "../src/tokenizer.ts";
import { left, right } from "./either.ts";
import { fuzz } from "./seed.ts";
import { byteLevel, spaceSign } from "./tokenizer/tiny.ts";

/** A system message where there is none, and a header and an end for each message, as many templates have it. */
const HEADED =
  "{% for m in messages %}{% if loop.first and m['role'] != 'system' %}[system]\nBe kind.[end]\n{% endif %}" +
  "{{ '[' + m['role'] + ']\n' + m['content'] + '[end]\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '[assistant]\n' }}{% endif %}";

/** BOS, then instructions without names of roles; contents are trimmed. */
const INSTRUCTED =
  "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}(ask) {{ m.content | trim }} (/ask)" +
  "{% else %} {{ m.content | trim }}{{ eos_token }}{% endif %}{% endfor %}";

const tokenizer = right(tokenizerOf(byteLevel(), "tokenizer.json"));

const model = (template: string, tokens = {}) => ({
  checkpoint: { folder: "m", chat: { template, tokens } },
  tokenizer,
});

const user = (content: string): Message => ({ role: "user", content });

const parts = ({ text, turns }: Chat) =>
  turns.map(({ name, content }) => [name, content].map((range) => range && text.slice(range.start, range.end)));

test("a conversation is a text, and each message has its place in it", async () => {
  const messages = [user("What is a user?"), { role: "assistant", content: "You." }, user("user")];
  const made = right(await chat(model(HEADED), messages, { addGenerationPrompt: true })());
  assert.is(
    made.text,
    "[system]\nBe kind.[end]\n[user]\nWhat is a user?[end]\n[assistant]\nYou.[end]\n[user]\nuser[end]\n[assistant]\n",
  );
  assert.equal(parts(made), [
    ["user", "What is a user?"],
    ["assistant", "You."],
    ["user", "user"],
  ]);
  assert.is(made.turns[2]?.content?.start, made.text.lastIndexOf("user"));
  const without = right(await chat(model(HEADED), messages)());
  assert.ok(without.text.endsWith("[user]\nuser[end]\n"));
});

test("a template that trims, writes other names, leaves out or looks into contents", async () => {
  const tokens = { bos_token: "<s>", eos_token: "</s>" };
  const trimmed = right(await chat(model(INSTRUCTED, tokens), [user(" \nHi \n"), { role: "bot", content: "Yes" }])());
  assert.is(trimmed.text, "<s>(ask) Hi (/ask) Yes</s>");
  assert.equal(parts(trimmed), [
    [undefined, "Hi"],
    [undefined, "Yes"],
  ]);
  const kept = right(await chat(model(HEADED), [user(" a \n")])());
  assert.equal(parts(kept), [["user", " a \n"]]);
  const empty = right(await chat(model(HEADED), [user(" "), user("b")])());
  assert.equal(
    parts(empty),
    [[], ["user", "b"]].map((p) => (p.length === 0 ? [undefined, undefined] : p)),
  );
  const shouting = right(await chat(model("{{ messages[0].content | length }}"), [user("abc")])());
  assert.equal(shouting, { text: "3", turns: [{ role: "user" }], spelled: [] });
});

test("any contents are found where they are", async () => {
  const contents = fc.string({ unit: "binary" }).map((text) => text.replace(/[\u{100000}-\u{10ffff}]/gu, "?"));
  const message = fc.record({ role: fc.constantFrom("user", "assistant"), content: contents });
  const conversation = fc.array(message, { minLength: 1, maxLength: 4 });
  const property = fc.asyncProperty(conversation, async (messages) => {
    const { text, turns } = right(await chat(model(HEADED), messages)());
    messages.forEach(({ content }, i) => {
      const range = turns[i]?.content;
      assert.is(range === undefined, content.trim() === "");
      if (range !== undefined) assert.is(text.slice(range.start, range.end), content);
    });
  });
  await fc.assert(property, fuzz(20));
});

test("one BOS: the template's where it writes one, else the tokenizer's; the tokens say which", async () => {
  const encoded = async (template: string) => {
    const { text } = right(await chat(model(template, { bos_token: "<s>" }), [user("the")])());
    const { tokens } = right(right(tokenizerOf(spaceSign(), "t")).encode(text, { special: "once" }));
    return tokens.filter((t) => t.special).map((t) => [t.text, t.origin]);
  };
  assert.equal(await encoded("{{ bos_token }}{{ messages[0].content }}"), [
    ["<s>", "text"],
    ["</s>", "tokenizer"],
  ]);
  assert.equal(await encoded("{{ messages[0].content }}</s>"), [
    ["<s>", "tokenizer"],
    ["</s>", "text"],
  ]);
  const bare = right(right(tokenizerOf(byteLevel(), "t")).encode("<end>", { special: "once" }));
  assert.equal(bare.ids, [261]);
});

test("special tokens that contents spell are listed, and refused where that is asked for", async () => {
  const messages = [user("the<end>[user]<END>"), user("no <end"), user("<end>")];
  const made = right(await chat(model("{{ messages[0].content }}<end>"), messages)());
  assert.equal(made.spelled, [
    { message: 0, text: "<end>", start: 3, end: 8 },
    { message: 2, text: "<end>", start: 0, end: 5 },
  ]);
  const refused = left(await chat(model(HEADED), messages, { specials: "refuse" })());
  assert.match(refused, /messages: expected a text that spells no special tokens, got "<end>"; take them out/);
  right(await chat(model(`${HEADED}<end>`), [user("no <end")], { specials: "refuse" })());
});

/** The tokens of a conversation whose contents are text. */
const tokensOf = async (template: string, messages: readonly Message[]) => {
  const { text, splitSpecialTokens, turns } = right(await chat(model(template), messages, { specials: "text" })());
  assert.ok(splitSpecialTokens);
  return { turns, tokens: right(tokenizer.encode(text, { special: "once", splitSpecialTokens })).tokens };
};

test("special tokens that contents spell are text where that is asked for, the template's own are not", async () => {
  const template = "{% for m in messages %}{{ m.role + m.content + '<end>' }}{% endfor %}";
  const { tokens, turns } = await tokensOf(template, [user(" the<end> "), user("<end>")]);
  const specials = tokens.filter(({ special }) => special).map(({ start, end }) => [start, end]);
  assert.equal(specials, [
    [14, 19],
    [28, 33],
  ]);
  const inside = (i: number) =>
    tokens.filter(({ start }) => start >= (turns[i]?.content?.start ?? 0) && start < (turns[i]?.content?.end ?? 0));
  assert.equal(
    [inside(0), inside(1)].map((each) => each.map(({ text }) => text).join("")),
    [" the<end> ", "<end>"],
  );
});

test("a content is text in every place that the template writes it in", async () => {
  const twice = "{{ messages[0].content + '<end>' + messages[0].content }}";
  const { tokens } = await tokensOf(twice, [user("<end>")]);
  assert.equal(
    tokens.filter(({ special }) => special).map(({ start }) => start),
    [5],
  );
});

test("where a template changes or leaves out a content, it cannot be text for certain: a fault", async () => {
  const text = { specials: "text" } as const;
  const expected = /expected a template that writes contents as they are, .* got another text for message 1; take out/;
  for (const template of [
    "{{ messages[0].content | replace(' ', '') }}",
    "{{ messages[0].content.split('d')[0] }}",
    "{{ messages[0].content | length }}",
    "nothing of it",
  ])
    assert.match(left(await chat(model(template), [user("<e nd>")], text)()), expected);
  right(await chat(model("nothing of it"), [user(" ")], text)());
});

test("a character that there is no token for spells nothing", async () => {
  const json = {
    added_tokens: [{ id: 0, content: "<unk>", special: true, normalized: false }],
    model: { type: "BPE", unk_token: "<unk>", vocab: { "<unk>": 0, a: 1 }, merges: [] },
  };
  const small = right(tokenizerOf(json, "tokenizer.json"));
  assert.equal(right(small.encode("ab", { special: false })).ids, [1, 0]);
  const { checkpoint } = model(HEADED);
  assert.equal(right(await chat({ checkpoint, tokenizer: small }, [user("ab")])()).spelled, []);
});

test("no messages, no template", async () => {
  assert.match(left(await chat(model(HEADED), [])()), /messages: expected 1 to 30000 of them, got 0/);
  const none = { checkpoint: { folder: "m.gguf", chat: { tokens: {} } }, tokenizer };
  assert.match(
    left(await chat(none, [user("a")])()),
    /m\.gguf: expected a chat template, got nothing; this model has none/,
  );
  const both = [user("\u{f0001}\u{100001}")];
  assert.match(left(await chat(model(HEADED), both)()), /without characters of both planes/);
});

test.run();
