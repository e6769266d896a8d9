// Parts read in what one module, head or neuron adds: they sum to it, and all components together to the target's logit.
import { reference, softmaxRule } from "@depass/graph";
import type { Model } from "@depass/models";
import type * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttributeOptions, attribute, load } from "../src/attribute.ts";
import { openBackend } from "../src/backends.ts";
import { headLevel, mlpLevel } from "../src/levels.ts";
import { readingOf } from "../src/reading.ts";
import type { Attribution } from "../src/result.ts";

const test = suite("reading");

let model: Model;
test.before(async () => {
  model = await load();
});
test.after(() => model.close());

const right = <A>(result: E.Either<unknown, A>): A => {
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
  return result.right;
};

const close = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} and ${expected}`);

const PROMPT = "Gerland is";
const TARGET = "Sarova";
const asked = (options: AttributeOptions = {}): Promise<Attribution> =>
  attribute(model, PROMPT, { backend: reference, target: TARGET, ...options });
const scoresOf = (a: Attribution): readonly number[] => a.parts.map((p) => p.score);
const added = (all: readonly (readonly number[])[]): readonly number[] =>
  (all[0] ?? []).map((_, i) => all.reduce((sum, scores) => sum + (scores[i] as number), 0));

test("what all modules add and what entered the first layer sum, part by part, to the scores of the logit", async () => {
  const rule = softmaxRule();
  const whole = await asked({ rule, mode: "forward" });
  const modules = Array.from({ length: model.architecture.layers }, (_, l) => l).flatMap((l) => [
    `layers.${l}.attn_out`,
    `layers.${l}.mlp_out`,
  ]);
  const each = await Promise.all(modules.map((to) => asked({ rule, to })));
  for (const found of each) assert.ok(found.gap < 1e-12 && found.to !== undefined, `${found.to}: ${found.gap}`);
  const left = scoresOf(whole).map((s, i) => s - (added(each.map(scoresOf))[i] as number));
  // What entered the first layer at the last position is that token's alone.
  const last = whole.tokens.length - 1;
  const others = left.filter((_, i) => i !== last);
  assert.ok(
    others.every((s) => Math.abs(s) < 1e-9),
    `${others}`,
  );
  const entry = whole.explained - each.reduce((sum, a) => sum + a.explained, 0);
  assert.ok(Math.abs((left[last] as number) - entry) < 1e-9 && Math.abs(entry) > 1e-3);
});

test("a module's contribution is the score that its level gives it by no way but the direct one", async () => {
  // The last MLP has none but that: its own part, carried forward, is its direct contribution.
  const layer = model.architecture.layers - 1;
  const [direct, own] = [
    await asked({ to: `layers.${layer}.mlp_out` }),
    await asked({ seed: right(mlpLevel(model.architecture, layer)) }),
  ];
  close(direct.explained, own.parts[1]?.score as number, 1e-12);
  assert.is(direct.target.logit, own.target.logit);
});

test("heads sum to their attention, and a head's only part is itself; a neuron's to the MLP", async () => {
  const heads = right(headLevel(model.architecture, 1));
  const count = heads.partNames?.length ?? 0;
  const each = await Promise.all(Array.from({ length: count - 1 }, (_, h) => asked({ to: `L1H${h}`, seed: heads })));
  const whole = await asked({ to: "layers.1.attention", seed: heads });
  close(
    each.reduce((sum, a) => sum + a.explained, 0),
    whole.explained,
    1e-12,
  );
  each.forEach((a, h) => {
    close(a.parts[h + 1]?.score as number, a.explained, 1e-12);
    assert.ok(a.parts.every((p, i) => i === h + 1 || Math.abs(p.score) < 1e-12));
  });
  const neurons = await Promise.all([0, 1, 2].map((n) => asked({ to: `L3N${n}` })));
  for (const a of neurons) assert.ok(a.gap < 1e-12 && Math.abs(a.total - a.explained) < 1e-12);
});

test("a contrast, a direction, every layer up to there; the middle of a layer", async () => {
  const to = "layers.2.mlp_out";
  const [one, other] = [await asked({ to }), await asked({ to, target: "Rivland" })];
  const contrast = await asked({ to, foil: "Rivland" });
  close(contrast.explained, one.explained - other.explained, 1e-9);
  assert.is((await asked({ to, layers: true })).layers?.length, 3);
  assert.is((await asked({ to: 0, layers: true })).layers?.length, 1);
  const middle = await asked({ to: "layers.1.resid_mid" });
  assert.ok(middle.gap < 1e-9 && middle.to === "layers.1.resid_mid");
});

test("the same on a device", async () => {
  const { backend } = right(await openBackend({ backend: "cpu" })());
  for (const to of ["L2H1", "layers.0.mlp_out"]) {
    const [own, expected] = [await asked({ to, backend }), await asked({ to })];
    const size = Math.hypot(...scoresOf(expected));
    for (const [i, s] of scoresOf(own).entries())
      assert.ok(Math.abs(s - (scoresOf(expected)[i] as number)) < 1e-5 * size);
  }
  await backend.close();
});

test("names: what parts are called, plain words; what is none is told with the nearest", () => {
  const nameOf = (to: number | string): string => right(readingOf(model.architecture, to)).name;
  assert.equal(["2", 2, "layers.2.resid_pre", "L2 resid_pre"].map(nameOf), new Array(4).fill("layers.2.resid_pre"));
  assert.equal(["layers.1.attention", "L1 attn_out", "layers.1.mlp"].map(nameOf), [
    "layers.1.attn_out",
    "layers.1.attn_out",
    "layers.1.mlp_out",
  ]);
  const fault = (to: number | string): string => JSON.stringify(readingOf(model.architecture, to));
  assert.match(fault("layers.1.attn_oot"), /nearest names are layers.1.attn_out/);
  assert.match(fault("L1H99"), /one of the heads of layer 1, 0 to \d+.*L1H99/);
  assert.match(fault("L77H0"), /a layer of this model, 0 to 3/);
  assert.match(fault(-1), /a layer of this model/);
  assert.match(fault("layers.1.attn.z"), /nearest/);
  assert.match(fault("x".repeat(100_000)), /nearest/);
});

test("parts that begin behind what is read", async () => {
  for (const to of [0, "layers.0.attn_out"])
    await asked({ to, seed: right(headLevel(model.architecture, 2)) }).then(
      () => assert.unreachable("not refused"),
      (error) => assert.match(String(error), /parts that begin before layers\.0/),
    );
});

test.run();
