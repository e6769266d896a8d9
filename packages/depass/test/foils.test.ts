// Why each token of a generated text and not another: the same as attribute() tells of each, and all of it sums.
import { i32, orThrow, reference, taylorRule, toF64 } from "@depass/graph";
import { loadModel, type Model } from "@depass/models";
import { cpu } from "@depass/onnx";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attribute } from "../src/attribute.ts";
import { cite } from "../src/cite.ts";
import { type ExplainGeneratedOptions, explainGenerated, type GeneratedExplanation } from "../src/explain-generated.ts";
import { type Foil, runnerUp } from "../src/foils.ts";
import { type Generation, generateAll } from "../src/generate.ts";
import { headLevel } from "../src/levels.ts";
import { newFolder, remove, writeCheckpoint } from "./tiny.ts";

const test = suite("foils");
let [folder, model, made] = ["", undefined as unknown as Model, undefined as unknown as Generation];
const onnx = await cpu()().then(orThrow);
test.before(async () => {
  folder = await newFolder();
  await writeCheckpoint(folder);
  model = orThrow(await loadModel(folder)());
  made = await generateAll(model, "on the Paris", { backend: reference, maxTokens: 5 });
});
test.after(async () => {
  await model.close();
  await remove(folder);
});

const explain = (foil: Foil, options: ExplainGeneratedOptions = {}): Promise<GeneratedExplanation> =>
  explainGenerated(model, made, { backend: reference, foil, ...options });

const near = (a: number, b: number, tolerance: number, what = ""): void =>
  assert.ok(Math.abs(a - b) < tolerance, `${what}: ${a}, expected ${b}`);

/** Logits behind a position, by the model alone. */
const logitsAt = async ({ encoding }: Generation, position: number): Promise<Float64Array> => {
  const ids = encoding.ids.slice(0, position + 1);
  const { normed, unembed, vocabulary } = model.architecture;
  const runner = orThrow(await reference.prepare({ logits: unembed(normed) }, model.weights)());
  const { logits } = orThrow(await runner.run({ tokens: i32([ids.length], ids) })());
  return toF64(logits as never).slice(-vocabulary);
};

for (const backend of [reference, onnx])
  for (const [name, foil] of Object.entries({ one: 7, "the mean of several": [3, 7, 9] }))
    test(`${name}: each token as attribute() tells it with that foil (${backend.name})`, async () => {
      const { tokens } = await explain(foil, { backend });
      const tolerance = backend === reference ? 1e-9 : 1e-3;
      for (const { scores, explained, gap, total, foils } of tokens) {
        assert.ok(gap < (backend === reference ? 1e-9 : 1e-4), `gap ${gap}`);
        near(total, explained, tolerance);
        assert.equal(
          foils?.map(({ id }) => id),
          [foil].flat(),
        );
        assert.ok(scores.length > 0);
      }
      // The first has only the prompt before it, whose ids are its own.
      const [first] = tokens;
      const alone = await attribute(model, "on the Paris", { backend: reference, target: first?.id as number, foil });
      near(first?.explained as number, alone.explained, tolerance, "explained");
      near(first?.logit as number, alone.target.logit, tolerance, "logit");
      first?.scores.forEach((score, i) => void near(score, alone.parts[i]?.score as number, tolerance, `part ${i}`));
      first?.foils?.forEach(({ logit, timesAsLikely }, i) => {
        near(logit, alone.foils?.[i]?.logit as number, tolerance, "foil");
        near(timesAsLikely, (alone.foils?.[i]?.probability as number) / alone.target.probability, tolerance);
      });
    });

for (const backend of [reference, onnx])
  test(`the runner-up is the likeliest token but for the one that was taken (${backend.name})`, async () => {
    const drawn = await generateAll(model, "on the Paris", {
      backend: reference,
      maxTokens: 5,
      temperature: 3,
      seed: 2,
    });
    for (const text of [made, drawn]) {
      const { tokens } = await explainGenerated(model, text, { backend, foil: runnerUp });
      for (const { position, id, foils, logit, explained } of tokens) {
        const logits = [...(await logitsAt(text, position - 1))];
        const [second] = [...logits.keys()].filter((i) => i !== id).sort((a, b) => logits[b]! - logits[a]!);
        assert.equal(
          foils?.map((f) => f.id),
          [second],
        );
        near(explained, logits[id]! - logits[second as number]!, 1e-3);
        near(logit, logits[id]!, 1e-3);
      }
    }
  });

test("another at each place, and none where there is none: that token's logit is explained", async () => {
  const plain = await explainGenerated(model, made, { backend: reference });
  const [first, second, third] = plain.tokens.map((t) => t.position) as [number, number, number];
  const { tokens } = await explain(({ position }) => ({ [first]: 7, [third]: [3, 9] })[position]);
  assert.equal(
    tokens.map(({ foils }) => foils?.map(({ id }) => id)),
    [[7], undefined, [3, 9], undefined, undefined],
  );
  assert.is(second, first + 1);
  tokens[1]?.scores.forEach((score, i) => void near(score, plain.tokens[1]?.scores[i] as number, 1e-9));
  near(tokens[1]?.explained as number, plain.tokens[1]?.logit as number, 1e-9);
});

test("a token that is its own foil has nothing to explain; by other parts and rules it all sums, too", async () => {
  const { id } = made.generated[0] as { id: number };
  const own = await explain(id);
  for (const score of own.tokens[0]?.scores ?? [1]) near(score, 0, 1e-9);
  near(own.tokens[0]?.explained as number, 0, 1e-9);
  assert.ok((own.tokens[0]?.gap as number) < 1e-9);
  const seed = orThrow(headLevel(model.architecture, 1));
  const heads = await explain(7, { seed, rule: taylorRule() });
  for (const { gap, scores } of heads.tokens) assert.ok(gap < 1e-9 && scores.length === seed.named);
});

test("a citation of differences says of what, and sums to them", async () => {
  const explanation = await explain(7);
  const { sources, answer, bias, remainder, total, foil } = orThrow(cite(explanation, { from: 0, to: 2 }));
  const text = orThrow(model.tokenizer.tokenText(7));
  assert.is(foil, text + text);
  const [a, b] = explanation.tokens as unknown as readonly [{ explained: number }, { explained: number }];
  near(
    sources.reduce((s, { score }) => s + score, answer + bias + remainder),
    total,
    1e-9,
  );
  near(total, a.explained + b.explained, 1e-9);
  assert.not.ok(
    "foil" in orThrow(cite(await explainGenerated(model, made, { backend: reference }), { from: 0, to: 1 })),
  );
});

test("what is no token is said before anything runs", async () => {
  const none = { ...reference, prepare: () => assert.unreachable("nothing is to be prepared") as never };
  const says = (foil: Foil): Promise<string> =>
    explain(foil, { backend: none }).then(
      () => "nothing",
      (e: Error) => e.message,
    );
  assert.match(await says(1e6), /^foil: expected a token id from 0 to/);
  assert.match(await says("no such token"), /^foil: expected/);
  assert.match(await says([7, 7]), /^foil: expected each token once/);
  assert.match(await says(() => -1), /^foil: expected a token id/);
});

test.run();
