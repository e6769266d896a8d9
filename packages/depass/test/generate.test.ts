// Generated text and its explanations, on a tiny random checkpoint: by the evaluator, and on ONNX Runtime.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Backend, orThrow, reference, softmaxRule, taylorRule } from "@depass/graph";
import { loadModel, type Model } from "@depass/models";
import { cpu } from "@depass/onnx";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attribute } from "../src/attribute.ts";
import { cite } from "../src/cite.ts";
import { type ExplainedToken, explainGenerated, type GeneratedExplanation } from "../src/explain-generated.ts";
import { type GenerateOptions, type Generation, generate, generateAll } from "../src/generate.ts";
import { headLevel } from "../src/levels.ts";
import { spanLevel } from "../src/spans.ts";
import { newFolder, remove, writeCheckpoint } from "./tiny.ts";

const test = suite("generate");
let [folder, model] = ["", undefined as unknown as Model];
const onnx: Backend = await cpu()().then(orThrow);
test.before(async () => {
  folder = await newFolder();
  await writeCheckpoint(folder);
  model = orThrow(await loadModel(folder)());
});
test.after(async () => {
  await model.close();
  await remove(folder);
});

const PROMPT = "on the Paris";
const idsOf = ({ generated }: Generation): readonly number[] => generated.map((t) => t.id);
const make = (options: GenerateOptions = {}): Promise<Generation> =>
  generateAll(model, PROMPT, { backend: reference, maxTokens: 8, ...options });

for (const backend of [reference, onnx])
  test(`with the cache tokens and logits are those of passes over the whole text (${backend.name})`, async () => {
    for (const options of [{}, { temperature: 1.5, seed: 4, topP: 0.9 }]) {
      const [kept, again] = [await make({ backend, ...options }), await make({ backend, ...options, cache: false })];
      assert.equal(idsOf(kept), idsOf(again));
      kept.generated.forEach(({ logit }, i) => {
        const off = Math.abs(logit - (again.generated[i]?.logit as number));
        assert.ok(off < (backend === reference ? 1e-10 : 1e-4), `${off}`);
      });
    }
  });

test("tokens come one by one; the last says why, and the whole is what was given", async () => {
  const tokens = [];
  for await (const token of generate(model, PROMPT, { backend: reference, maxTokens: 5 })) tokens.push(token);
  assert.equal(
    tokens.map((t) => t.finish),
    [undefined, undefined, undefined, undefined, "tokens"],
  );
  assert.equal(
    tokens.map((t) => t.position),
    [4, 5, 6, 7, 8],
  );
  const whole = await make({ maxTokens: 5 });
  assert.equal(whole.generated, tokens);
  assert.is(whole.text, tokens.map((t) => t.text).join(""));
  assert.is(whole.encoding.text, PROMPT + whole.text);
  assert.equal(whole.encoding.ids.slice(whole.promptTokens), idsOf(whole));
});

test("a seed draws the same again, another one something else", async () => {
  const draw = (seed: number) => make({ temperature: 2, seed, maxTokens: 12 }).then(idsOf);
  assert.equal(await draw(1), await draw(1));
  assert.not.equal(await draw(1), await draw(2));
});

test("a text ends at an end token, at a text to stop at, and where the context is full", async () => {
  const plain = await make();
  const place = plain.generated.findIndex((t, i) => i > 0 && idsOf(plain).indexOf(t.id) === i);
  await writeFile(join(folder, "generation_config.json"), JSON.stringify({ eos_token_id: [idsOf(plain)[place]] }));
  const ending = orThrow(await loadModel(folder)());
  const ended = await generateAll(ending, PROMPT, { backend: reference, maxTokens: 8 });
  await ending.close();
  assert.is(ended.finish, "end");
  assert.equal(idsOf(ended), idsOf(plain).slice(0, place + 1));
  const spoken = plain.generated.find((t) => t.text !== "")?.text as string;
  const stopped = await make({ stop: ["never said", spoken] });
  assert.is(stopped.finish, "stop");
  assert.ok(stopped.text.endsWith(spoken) && stopped.generated.length < plain.generated.length);
  const full = await make({ maxTokens: 1000 });
  assert.is(full.finish, "context");
  assert.is(full.encoding.ids.length, 64);
});

test("what cannot be is said before anything runs", async () => {
  const says = async (prompt: string, options: GenerateOptions, message: RegExp): Promise<void> => {
    const error = await generateAll(model, prompt, { backend: reference, ...options }).catch((e: Error) => e);
    assert.match((error as Error).message, message);
  };
  await says("", {}, /^prompt: expected some text/);
  await says("o".repeat(64), {}, /^prompt: expected fewer than 64 tokens/);
  await says(PROMPT, { maxTokens: 0 }, /^max-tokens: expected a whole number from 1 on, got 0/);
  await says(PROMPT, { seed: 1 }, /^seed: expected a temperature above 0 with it/);
  await says(PROMPT, { stop: [""] }, /^stop: expected some text/);
  await says(PROMPT, { backend: onnx, signal: { aborted: true } }, /expected to finish, got an abort signal/);
});

test("whoever stops listening leaves nothing open", async () => {
  const tokens = generate(model, PROMPT, { backend: reference });
  await tokens.next();
  const { done } = await tokens.return(undefined as never);
  assert.is(done, true);
});

const explain = async (backend: Backend = reference): Promise<readonly [Generation, GeneratedExplanation]> => {
  const made = await make({ maxTokens: 5 });
  return [made, await explainGenerated(model, made, { backend })];
};

for (const backend of [reference, onnx])
  test(`one pass explains every token, as each would be by itself (${backend.name})`, async () => {
    const [{ encoding }, { tokens }] = await explain(backend);
    assert.is(tokens.length, 5);
    const tolerance = backend === reference ? 1e-9 : 1e-3;
    for (const { position, id, scores, gap, logit } of tokens) {
      assert.is(scores.length, position);
      assert.ok(gap < tolerance, `gap ${gap}`);
      // Ids of a text may be other than those the model wrote: compared where they are the same.
      const text = encoding.text.slice(0, encoding.tokens[position - 1]?.end);
      const alone = model.tokenizer.encode(text, { special: true });
      if ("left" in alone || alone.right.ids.join() !== encoding.ids.slice(0, position).join()) continue;
      const { parts, target } = await attribute(model, text, { backend: reference, target: id });
      assert.ok(Math.abs(target.logit - logit) < tolerance);
      scores.forEach((score, i) => {
        assert.ok(Math.abs(score - (parts[i]?.score as number)) < tolerance, `${score} at ${i} of ${position}`);
      });
    }
    // The first has only the prompt before it, whose ids are its own.
    const first = await attribute(model, PROMPT, { backend: reference, target: tokens[0]?.id as number });
    tokens[0]?.scores.forEach((score, i) => {
      assert.ok(Math.abs(score - (first.parts[i]?.score as number)) < tolerance);
    });
  });

test("another rule and layer; nothing generated and no such layer are faults", async () => {
  const [made, { tokens }] = await explain();
  const other = await explainGenerated(model, made, { backend: reference, rule: taylorRule(), layer: 1 });
  assert.is(other.rule, "taylor");
  assert.not.equal(other.tokens[0]?.scores, tokens[0]?.scores);
  for (const { gap } of other.tokens) assert.ok(gap < 1e-9);
  const says = (options: object, promptTokens: number) =>
    explainGenerated(model, { ...made, promptTokens }, { backend: reference, rule: softmaxRule(), ...options }).then(
      () => "nothing",
      (e: Error) => e.message,
    );
  assert.match(await says({}, made.encoding.ids.length), /expected tokens behind those of a prompt/);
  assert.match(await says({ layer: 9 }, 4), /layer/);
});

test("by heads and words, too: each token as attribute() tells it, and no citation of them", async () => {
  const [made] = await explain();
  const heads = orThrow(headLevel(model.architecture, 1));
  for (const [seed, rule] of [
    [heads, softmaxRule()],
    [spanLevel("words"), taylorRule()],
  ] as const) {
    const found = await explainGenerated(model, made, { backend: reference, seed, rule });
    const [first] = found.tokens as readonly [ExplainedToken];
    const alone = await attribute(model, PROMPT, { backend: reference, target: first.id, seed, rule, mode: "forward" });
    // Words of the answer begin behind the prompt: what they supply to its first token is nothing.
    alone.parts.slice(0, -2).forEach(({ name, score }, i) => {
      assert.ok(Math.abs((first.scores[i] as number) - score) < 1e-9, `${name}: ${first.scores[i]}, alone ${score}`);
    });
    assert.ok(found.tokens.every((t) => t.gap < 1e-9 && t.scores.length === found.parts.length));
    assert.match(JSON.stringify(cite(found, { from: 0, to: 1 })), /parts are the tokens/);
  }
  const named = await explainGenerated(model, made, { backend: reference, seed: heads });
  assert.equal(
    named.parts.map((p) => p.name),
    heads.partNames,
  );
});

test("a citation adds the scores of its tokens, and its sources sum to their logits with the rest", async () => {
  const [{ promptTokens, text }, explanation] = await explain();
  const both = orThrow(cite(explanation, { from: 1, to: 3 }, "token"));
  assert.equal(both.positions, [promptTokens + 1, promptTokens + 2]);
  assert.is(both.sources.length, promptTokens);
  for (const { tokens, score } of both.sources) {
    const own = explanation.tokens.slice(1, 3).reduce((sum, t) => sum + (t.scores[tokens[0] as number] as number), 0);
    assert.ok(Math.abs(own - score) < 1e-12);
  }
  for (const by of ["token", "word", "sentence"] as const) {
    const found = orThrow(cite(explanation, text, by));
    const sum = found.sources.reduce((s, { score }) => s + score, found.answer + found.bias + found.remainder);
    assert.ok(Math.abs(sum - found.total) < 1e-9, by);
    assert.equal(
      found.sources.map((s) => s.score),
      found.sources.map((s) => s.score).sort((a, b) => b - a),
    );
  }
  const words = orThrow(cite(explanation, { from: 0, to: 1 }, "word")).sources.map((s) => s.text);
  assert.equal([...words].sort(), ["Paris", "on", "the"]);
  assert.is(orThrow(cite(explanation, { from: 0, to: 1 }, "sentence")).sources[0]?.text, PROMPT);
  for (const span of ["never said", "", { from: 3, to: 3 }, { from: 0, to: 9 }])
    assert.is(cite(explanation, span)._tag, "Left");
});

test.run();
