// One prediction of the demo asked in many ways: every level, contrast, directions, earlier layers, spans, both modes.
import { linearRule, maxRule, type Rule, reference, reluRule, softmaxRule, taylorRule } from "@depass/graph";
import type { Architecture, Model } from "@depass/models";
import type * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttributeOptions, attribute, load, scoreMaps } from "../src/attribute.ts";
import { openBackend } from "../src/backends.ts";
import type { Level, ScoredSeed } from "../src/level.ts";
import { attentionLevel, headLevel, mlpLevel, neuronLevel, tokenLevel, topNeuronLevel } from "../src/levels.ts";
import type { Attribution } from "../src/result.ts";
import { drillDown, type Span, spanLevel, spansOf } from "../src/spans.ts";

const test = suite("explain");

let model: Model;
test.before(async () => {
  model = await load();
});
test.after(() => model.close());

const PROMPT = "The capital of Gerland is";

const right = <A>(result: E.Either<unknown, A>): A => {
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
  return result.right;
};

const asked = (options: AttributeOptions = {}, prompt = PROMPT): Promise<Attribution> =>
  attribute(model, prompt, { backend: reference, ...options });

const levels: Readonly<Record<string, (architecture: Architecture) => E.Either<unknown, ScoredSeed>>> = {
  "tokens from layer 0": (a) => tokenLevel(a),
  "tokens from layer 2": (a) => tokenLevel(a, 2),
  "attention of layer 1": (a) => attentionLevel(a, 1),
  "MLP of layer 1": (a) => mlpLevel(a, 1),
  "heads of layer 3": (a) => headLevel(a, 3),
  "neurons of layer 2": (a) => neuronLevel(a, 2, [5, 1]),
};
const rules: readonly Rule[] = [softmaxRule(), softmaxRule(1), maxRule(), reluRule(), linearRule(), taylorRule()];

const scoresOf = (a: Attribution): readonly number[] => a.parts.map((p) => p.score);

const near = (a: readonly number[], b: readonly number[], tolerance: number): void => {
  assert.is(a.length, b.length);
  const size = Math.hypot(...b);
  const off = Math.hypot(...a.map((x, i) => x - (b[i] as number)));
  assert.ok(off <= tolerance * size, `${a} and ${b}`);
};

for (const [name, levelOf] of Object.entries(levels))
  test(`${name}: scores sum to the logit by every rule`, async () => {
    const seed = right(levelOf(model.architecture));
    for (const rule of rules) {
      const found = await asked({ seed, rule, mode: "forward" });
      assert.ok(found.gap < 1e-9, `${rule.name}: ${found.gap}`);
      assert.is(found.explained, found.target.logit);
      assert.ok(found.parts.every(({ norm }) => norm !== undefined && norm >= 0));
    }
  });

for (const [name, levelOf] of Object.entries(levels))
  test(`${name}: one pass backwards gives the forward scores of taylor`, async () => {
    const seed = right(levelOf(model.architecture));
    const options = { seed, rule: taylorRule() };
    const [forward, back, own] = [
      await asked({ ...options, mode: "forward" }),
      await asked({ ...options, mode: "adjoint" }),
      await asked(options),
    ];
    assert.is(back.mode, "adjoint");
    assert.is(own.mode, "adjoint");
    near(scoresOf(back), scoresOf(forward), 1e-9);
    assert.equal(
      back.parts.map((p) => [p.name, p.token]),
      forward.parts.map((p) => [p.name, p.token]),
    );
    assert.ok(back.gap < 1e-9);
  });

test("the neurons that score most, chosen and scored in one call: they and the rest are all of the logit", async () => {
  const { architecture: a } = model;
  const ranked = right(topNeuronLevel(a, 2, 3));
  const maps = await scoreMaps(model, PROMPT, { rule: taylorRule(), backend: reference });
  const all = maps.all?.neurons[2] ?? [];
  const most = [...all.keys()].sort((i, j) => Math.abs(all[j] as number) - Math.abs(all[i] as number)).slice(0, 3);
  const back = await asked({ seed: ranked, rule: taylorRule() });
  assert.is(back.mode, "adjoint");
  assert.equal(
    back.parts.map((p) => p.name),
    ["rest", ...most.map((n) => `L2N${n}`), "bias", "remainder"],
  );
  near(
    scoresOf(back).slice(1, 4),
    most.map((n) => all[n] as number),
    1e-9,
  );
  const softmax = await asked({ seed: ranked });
  assert.is(softmax.mode, "forward");
  near(scoresOf(softmax), scoresOf(await asked({ seed: right(neuronLevel(a, 2, most)) })), 1e-12);
  for (const found of [back, softmax]) assert.ok(found.gap < 1e-9 && Math.abs(found.total - found.explained) < 1e-8);
  for (const count of [0, 1.5, 1e6]) assert.is(topNeuronLevel(a, 2, count)._tag, "Left");
  assert.is(topNeuronLevel(a, 9, 1)._tag, "Left");
});

test("the adjoint on a device", async () => {
  const { backend } = right(await openBackend({ backend: "cpu" })());
  const options = { seed: right(headLevel(model.architecture, 1)), rule: taylorRule(), mode: "adjoint" } as const;
  near(scoresOf(await asked({ ...options, backend })), scoresOf(await asked(options)), 1e-5);
  await backend.close();
});

test("names of heads, modules and neurons", async () => {
  const namesBy = async (seed: ScoredSeed) => (await asked({ seed })).parts.map((p) => p.name);
  const { architecture: a } = model;
  assert.equal((await namesBy(right(headLevel(a, 3)))).slice(0, 3), ["L3 resid_pre", "L3H0", "L3H1"]);
  assert.equal((await namesBy(right(neuronLevel(a, 2, [5, 1])))).slice(0, 3), ["rest", "L2N5", "L2N1"]);
  assert.equal((await namesBy(right(mlpLevel(a, 0)))).slice(0, 2), ["L0 without mlp_out", "L0 mlp_out"]);
});

test("a contrast is the difference of what each is explained by", async () => {
  const words = ["Sarova", "Rivland"] as const;
  const [one, other] = [await asked({ target: words[0] }), await asked({ target: words[1] })];
  const contrast = await asked({ target: words[0], foil: words[1] });
  near(
    scoresOf(contrast),
    scoresOf(one).map((s, i) => s - (scoresOf(other)[i] as number)),
    1e-9,
  );
  assert.ok(Math.abs(contrast.explained - (one.target.logit - other.target.logit)) < 1e-9);
  assert.ok(contrast.gap < 1e-9);
  assert.equal(
    contrast.foils?.map((f) => f.text),
    [words[1]],
  );
});

test("several foils count by their mean", async () => {
  const foils = ["Rivland", "is", "of"];
  const each = await Promise.all(foils.map((foil) => asked({ target: "Sarova", foil })));
  const mean = scoresOf(each[0] as Attribution).map(
    (_, i) => each.reduce((sum, a) => sum + (scoresOf(a)[i] as number), 0) / 3,
  );
  near(scoresOf(await asked({ target: "Sarova", foil: foils })), mean, 1e-9);
});

test("a direction of one's own", async () => {
  const { hidden } = model.architecture;
  const direction = Array.from({ length: hidden }, (_, d) => Math.sin(d));
  const found = await asked({ direction });
  const { data = new Float64Array(), shape: [count] = [0] } = found.states ?? {};
  const state = Array.from({ length: hidden }, (_, d) =>
    Array.from({ length: count }, (_, m) => data[m * hidden + d] as number).reduce((a, b) => a + b, 0),
  );
  const expected = direction.reduce((sum, w, d) => sum + w * (state[d] as number), 0);
  assert.ok(Math.abs(found.total - expected) < 1e-9 && found.gap < 1e-9);
});

test("earlier layers through the last norm: where the parts begin, each token of the last position is its own", async () => {
  const found = await asked({ layers: true });
  const { layers: count } = model.architecture;
  assert.is(found.layers?.length, count + 1);
  const [first, last] = [found.layers?.[0], found.layers?.at(-1)];
  near(last?.scores ?? [], scoresOf(found), 1e-12);
  const T = found.tokens.length;
  assert.ok(first?.scores.every((s, i) => (i === T - 1 ? s === first.explained : s === 0)));
  for (const { scores, explained } of found.layers ?? [])
    assert.ok(Math.abs(scores.reduce((a, b) => a + b, 0) - explained) < 1e-9);
  const middle = await asked({ to: 2, target: found.target.id });
  near(scoresOf(middle), found.layers?.[2]?.scores ?? [], 1e-9);
  assert.ok(middle.gap < 1e-9);
});

test("spans: words, sentences, ranges; drilled down to tokens they are the token level", async () => {
  const prompt = "The capital of Gerland is";
  const encoding = right(model.tokenizer.encode(prompt, { special: true }));
  const ranges = [
    { name: "what", start: 0, end: 14 },
    { name: "where", start: 14, end: 22 },
  ];
  const found = await asked({ seed: spanLevel(ranges) });
  assert.equal(
    found.parts.map((p) => p.name),
    ["<s>", "what", "where", "elsewhere", "bias", "remainder"],
  );
  assert.ok(found.gap < 1e-9);
  const spans = right(spansOf(encoding, ranges));
  assert.equal(
    spans.map((s) => s.tokens),
    [[0], [1, 2, 3], [4], [5]],
  );
  const fine = right(drillDown(encoding, spans, 1, "tokens"));
  assert.equal(
    fine.map((s: Span) => s.tokens),
    [[0], [1], [2], [3], [4], [5]],
  );
  const special = { rule: softmaxRule(0.1, "keep") };
  const tokens = await asked({ ...special, seed: spanLevel(() => ({ _tag: "Right", right: fine })) });
  near(scoresOf(tokens), scoresOf(await asked(special)), 1e-9);
  const words = await asked({ seed: spanLevel("words"), rule: taylorRule() });
  near(scoresOf(words), scoresOf(await asked({ rule: taylorRule() })), 1e-9);
});

test("maps: each head and module as its own level gives it, by both modes", async () => {
  for (const rule of [softmaxRule(), taylorRule()]) {
    const maps = await scoreMaps(model, PROMPT, { rule, backend: reference });
    assert.ok(maps.gap < 1e-6);
    for (const layer of [0, 3]) {
      const seedsOf = { heads: headLevel, attention: attentionLevel, mlp: mlpLevel };
      const own = async (kind: keyof typeof seedsOf) => {
        const seed = right(seedsOf[kind](model.architecture, layer));
        return scoresOf(await asked({ seed, rule, mode: "forward" })).slice(1, -2);
      };
      near(maps.heads[layer] ?? [], await own("heads"), 1e-6);
      near([maps.attention[layer] as number], await own("attention"), 1e-6);
      near([maps.mlp[layer] as number], await own("mlp"), 1e-6);
    }
  }
});

const refused = async (options: AttributeOptions, expected: RegExp): Promise<void> => {
  try {
    await asked(options);
  } catch (error) {
    assert.match(String(error), expected);
    return;
  }
  assert.unreachable(`not refused: ${expected}`);
};

test("what cannot be asked", async () => {
  const own: Level = { seed: right(tokenLevel(model.architecture)) };
  await refused({ target: "Sarova", foil: "Sarova" }, /another token than the target/);
  await refused({ direction: [1, 2] }, /expected \d+ numbers/);
  await refused({ direction: new Float64Array(model.architecture.hidden).fill(Number.NaN) }, /finite numbers/);
  await refused({ to: 99 }, /a layer of this model, 0 to 3, got 99/);
  await refused({ mode: "adjoint" }, /a linear rule, such as taylor/);
  await refused({ mode: "adjoint", seed: right(topNeuronLevel(model.architecture, 0, 2)) }, /a linear rule/);
  await refused({ mode: "adjoint", rule: taylorRule(), seed: own }, /a level of the model/);
  await refused({ mode: "adjoint", rule: taylorRule(), layers: true }, /scores at one place/);
  await refused(
    { mode: "adjoint", rule: taylorRule(), seed: right(mlpLevel(model.architecture, 1)), to: "L1H0" },
    /read behind all places at which the parts begin, got MLP of layer 1, read at L1H0/,
  );
  await refused({ seed: spanLevel([{ start: 2, end: 99 }]) }, /ranges of characters within 0 to 25, got 2 to 99/);
  await refused(
    {
      seed: spanLevel([
        { start: 0, end: 9 },
        { start: 5, end: 12 },
      ]),
    },
    /share no character/,
  );
  const faults = [
    headLevel(model.architecture, 7),
    neuronLevel(model.architecture, 0, [1, 1]),
    neuronLevel(model.architecture, 0, [1e6]),
  ];
  assert.ok(faults.every((f) => f._tag === "Left"));
});

test.run();
