// Maps against what they stand for: each layer's level explained by itself, and the pass backwards where there is one.
import {
  type Backend,
  check,
  linearRule,
  maxRule,
  mul,
  orThrow,
  type Rule,
  reference,
  reluRule,
  showFaults,
  softmaxRule,
  taylorRule,
  weightRule,
} from "@depass/graph";
import { loadModel, type Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attribute, scoreMaps } from "../src/attribute.ts";
import { openBackend } from "../src/backends.ts";
import { attentionLevel, headLevel, mlpLevel } from "../src/levels.ts";
import { type Maps, mapsGraph } from "../src/maps.ts";
import { newFolder, remove, writeCheckpoint } from "./tiny.ts";

const test = suite<{ folder: string; model: Model }>("maps");

test.before(async (context) => {
  context.folder = await newFolder();
  await writeCheckpoint(context.folder);
  context.model = await loadModel(context.folder)().then(orThrow);
});
test.after(({ folder }) => remove(folder));

const prompt = "on the Paris";

const near = (a: readonly number[], b: readonly number[], tolerance: number): void => {
  assert.is(a.length, b.length);
  const size = Math.max(1, ...b.map(Math.abs));
  a.forEach((x, i) => {
    assert.ok(Math.abs(x - (b[i] as number)) <= tolerance * size, `${x} is not ${b[i]}`);
  });
};

/** The same scores, each level of each layer explained by itself. */
const oneByOne = async (
  model: Model,
  backend: Backend,
  rule: Rule,
): Promise<Pick<Maps, "heads" | "attention" | "mlp">> => {
  const scoresOf = async (level: typeof headLevel | typeof attentionLevel, layer: number) => {
    const seed = orThrow(level(model.architecture, layer));
    const { parts } = await attribute(model, prompt, { backend, rule, seed, mode: "forward" });
    return parts.slice(1, seed.named as number).map((p) => p.score);
  };
  const layers = Array.from({ length: model.architecture.layers }, (_, l) => l);
  const all = async (level: typeof headLevel | typeof attentionLevel) => {
    const found: (readonly number[])[] = [];
    for (const layer of layers) found.push(await scoresOf(level, layer));
    return found;
  };
  return {
    heads: await all(headLevel),
    attention: (await all(attentionLevel)).flat(),
    mlp: (await all(mlpLevel)).flat(),
  };
};

const same = (maps: Maps, wanted: Pick<Maps, "heads" | "attention" | "mlp">, tolerance: number): void => {
  near(maps.heads.flat(), wanted.heads.flat(), tolerance);
  near(maps.attention, wanted.attention, tolerance);
  near(maps.mlp, wanted.mlp, tolerance);
  assert.ok(maps.gap < tolerance);
};

const squares = weightRule("squares", (g) => mul(g, g));

for (const rule of [softmaxRule(), softmaxRule(1), maxRule(), reluRule(), linearRule(), squares])
  test(`${rule.name}: each score is what its own level gives`, async ({ model }) => {
    const maps = await scoreMaps(model, prompt, { backend: reference, rule });
    assert.equal([maps.mode, maps.heads.length, maps.heads[0]?.length], ["forward", 2, 2]);
    same(maps, await oneByOne(model, reference, rule), 1e-9);
  });

for (const choice of [{ backend: "cpu" }, { backend: "webgpu" }] as const)
  test(`on ${choice.backend} too`, async ({ model }) => {
    const opened = await openBackend(choice)();
    if (E.isLeft(opened)) return console.log(`skipped: maps on ${choice.backend}: ${showFaults(opened.left)}`);
    const { backend } = opened.right;
    for (const rule of [softmaxRule(), reluRule()])
      same(await scoreMaps(model, prompt, { backend, rule }), await oneByOne(model, reference, rule), 1e-5);
    await backend.close();
  });

test("a linear rule: one pass backwards gives what carrying gives, and the neurons", async ({ model }) => {
  const maps = await scoreMaps(model, prompt, { backend: reference, rule: taylorRule() });
  assert.equal([maps.mode, maps.all?.neurons.length, maps.all?.neurons[0]?.length], ["adjoint", 2, 24]);
  const { linear: _, ...carried } = taylorRule();
  same(await scoreMaps(model, prompt, { backend: reference, rule: carried }), maps, 1e-9);
});

test("in the last layer only the position that is asked has an MLP", ({ model: { architecture } }) => {
  const { graph } = orThrow(mapsGraph(architecture, softmaxRule()));
  const shapes = [...orThrow(check(graph)).values()];
  // Neurons of all layers' heads, and of all modules but the last MLP: `[G, M, tokens, I]`.
  const [neurons, { layers }] = [24, architecture];
  const last = shapes.filter(([G, , , I]) => I === neurons && (G === layers || G === 2 * layers - 1));
  assert.ok(last.length > 0);
  for (const [, , tokens] of last) assert.is(tokens, 1);
});

test("a target that is no token is found before anything runs", async ({ model }) => {
  const result = await scoreMaps(model, prompt, { backend: reference, target: "no such" }).catch((e) => e as Error);
  assert.match(String(result), "target");
});

test.run();
