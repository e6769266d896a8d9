// Packed rows in tiles are packed rows: in f64 for every tiling, and on ONNX Runtime at lengths of every tiling there is, where
// lean shares hold and where they cannot.
import { check, type Expr, evaluate, i32, nodesOf, orThrow, type Tensor, type Tensors } from "@depass/graph";
import { close, configs, modelOf } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rehearse } from "../src/memory/memory.ts";
import { basePlan, type Step, stepsFor } from "../src/plan/plan.ts";
import { isDense, type Layout, layoutFor, variantFor } from "../src/plan/variant.ts";
import { layoutOf, retile } from "../src/tiles/retile.ts";
import { placeTable, rowTable, type Tiling, tileCount, tileSizes } from "../src/tiles/tiling.ts";
import { open, sameOn } from "./backends.ts";
import { packed, wide } from "./packed.ts";
import { fuzz } from "./seed.ts";

const test = suite("tiles");

const backend = await open();

/** Lengths at the edges of every tiling. */
for (const tokens of [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40])
  for (const biases of [false, true])
    test(`${tokens} tokens, ${biases ? "with" : "without"} biases`, async () => {
      const model = modelOf({ ...wide, tokens, biases });
      await sameOn(backend, packed(model), model.tensors, model.sizes, { rtol: 1e-4 });
    });

test("random models of 7 to 36 tokens", () =>
  fc.assert(
    fc.asyncProperty(
      configs.filter((c) => c.positions !== "learned"),
      fc.integer({ min: 7, max: 36 }),
      fc.constantFrom("ignore" as const, "keep" as const),
      async (config, tokens, special) => {
        const model = modelOf({ ...config, tokens });
        await sameOn(backend, packed(model, special), model.tensors, model.sizes, { rtol: 1e-3, atol: 1e-4 });
      },
    ),
    fuzz(25),
  ));

const apart = await open({ apart: 1 });

test("chunks that run one by one: random models of 2 to 36 tokens, parts of one position and of all", () =>
  fc.assert(
    fc.asyncProperty(
      configs.filter((c) => c.positions !== "learned"),
      fc.integer({ min: 2, max: 36 }),
      fc.constantFrom("ignore" as const, "keep" as const),
      fc.option(fc.array(fc.nat(1), { minLength: 1, maxLength: 3 }), { nil: undefined }),
      async (config, tokens, special, asked) => {
        const model = modelOf({ ...config, tokens });
        const graph = packed(model, special, asked?.length);
        const position = i32([asked?.length ?? 1], asked ?? [0]);
        await sameOn(apart, graph, { ...model.tensors, position }, model.sizes, { rtol: 1e-3, atol: 1e-4 });
      },
    ),
    fuzz(25),
  ));

test("chunks that are apart have about as many rows as each other, and none is empty", () => {
  for (const [tokens, count] of [
    [16, 8],
    [512, 16],
    [1024, 16],
    [2000, 16],
  ] as const) {
    const chunks = Array.from({ length: count }, (_, tile) => [tile]);
    const tiling: Tiling = { tokens: tokensOf(1), extras: 1, kept: [], head: true, chunks, apart: true };
    const sizes = tileSizes(tiling, { T: tokens });
    const rows = chunks.map((_, c) => rowTable(tiling, c, [], () => 0)(sizes).data.length);
    assert.ok(Math.min(...rows) > 0, `${rows}`);
    if (tokens >= 512) assert.ok(Math.max(...rows) < 1.1 * Math.min(...rows), `${rows}`);
  }
});

test("where chunks run one by one, rows are cut between them, and every value is read where it was made", () => {
  const graph = packed(modelOf({ ...wide, tokens: 16 }));
  const steps = (from: number) => {
    const base = orThrow(basePlan(graph, { apart: from }));
    return orThrow(stepsFor(base, variantFor(base.layout as Layout, 16, false), new Map()));
  };
  const [together, one] = [steps(17), steps(1)];
  assert.ok(one.length >= together.length + 8, `${one.length} steps, ${together.length} without`);
  const made = new Set<string>();
  for (const { sources, outputs } of one) {
    for (const { kind, name } of sources.values()) assert.ok(kind !== "value" || made.has(name), name);
    for (const name of outputs.values()) made.add(name);
  }
  const sizes = tileSizes(variantFor(layoutFor(graph) as Layout, 16, false).tiling, { T: 16 });
  assert.ok(rehearse(one, new Set(), sizes).bytes < rehearse(together, new Set(), sizes).bytes);
});

/** Groups of a step's outputs that have no computed node in common. */
const groupsOf = ({ program: { graph } }: Step): number => {
  const isComputed = (n: Expr): boolean => n.inputs.length > 0;
  const cones = Object.values(graph).map((x) => new Set(nodesOf({ x }).filter(isComputed)));
  const groups: Set<Expr>[] = [];
  for (const cone of cones) {
    const met = groups.filter((group) => [...cone].some((n) => group.has(n)));
    groups.splice(0, groups.length, ...groups.filter((group) => !met.includes(group)));
    groups.push(new Set([cone, ...met].flatMap((group) => [...group])));
  }
  return groups.length;
};

test("where chunks run one by one, what all of them read is laid out block by block", () => {
  const base = orThrow(basePlan(packed(modelOf({ ...wide, tokens: 16 })), { apart: 1 }));
  const steps = orThrow(stepsFor(base, variantFor(base.layout as Layout, 16, false), new Map()));
  assert.equal(
    steps.map(groupsOf).filter((groups) => groups !== 1),
    [],
  );
});

/** Tokens whose embedding is nothing at all: their parts are empty, and lean shares would divide by nothing. */
test("empty states are told exactly", async () => {
  const model = modelOf({ ...wide, tokens: 12 });
  const embed = model.tensors.embed as Tensor;
  const data = Float64Array.from(embed.data);
  data.fill(0, 0, 3 * wide.width);
  const tensors: Tensors = { ...model.tensors, embed: { dtype: "f64", shape: embed.shape, data } };
  const ids = new Set(Array.from(tensors.tokens?.data ?? []));
  assert.ok(
    [0, 1, 2].some((id) => ids.has(id)),
    "no token of the prompt is empty",
  );
  await sameOn(backend, packed(model), tensors, model.sizes, { rtol: 1e-4 });
});

const tilings = (extras: number): fc.Arbitrary<Tiling> =>
  fc
    .tuple(
      fc.subarray(Array.from({ length: extras }, (_, e) => e)),
      fc.boolean(),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(2),
    )
    .map(([kept, head, tiles, cut]) => {
      const all = Array.from({ length: tiles }, (_, i) => i);
      const chunks = [all.slice(0, cut + 1), all.slice(cut + 1)].filter((c) => c.length > 0);
      return { tokens: tokensOf(extras), extras, kept, head, chunks };
    });

const tokensOf = (extras: number) => {
  const model = modelOf({ ...wide, biases: extras > 1 });
  return (layoutOf(packed(model)) as { readonly tokens: Tiling["tokens"] }).tokens;
};

test("every part that can reach a token has one row there, in every tiling", () =>
  fc.assert(
    fc.property(tilings(2), fc.integer({ min: 8, max: 20 }), (tiling, T) => {
      const sizes = tileSizes(tiling, { T });
      const chunks = tiling.chunks.map((_, c) => rowTable(tiling, c, [], () => 0)(sizes).data.length);
      const rows = chunks.reduce((a, b) => a + b, tiling.head ? T : 0);
      const places = placeTable(tiling)(sizes).data;
      const taken = Array.from(places).filter((p) => p < rows);
      assert.is(new Set(taken).size, taken.length, "a row stands for two");
      assert.is(taken.length, (T * (T + 1)) / 2 + T * tiling.kept.length);
      assert.ok(tileCount(tiling) <= T);
    }),
    fuzz(60),
  ));

test("in f64, a packed graph in tiles is the packed graph", () => {
  for (const biases of [false, true])
    for (const tokens of [9, 16, 21]) {
      const model = modelOf({ ...wide, tokens, biases });
      const graph = packed(model);
      const layout = layoutFor(graph) as Layout;
      const expected = orThrow(evaluate(graph, model.tensors));
      for (const [exact, apart] of [true, false].flatMap((e) => [1, 99].map((from) => [e, from] as const))) {
        const { tiling, lean } = variantFor({ ...layout, apart }, tokens, exact);
        const sizes = tileSizes(tiling, model.sizes);
        const made = retile(graph, orThrow(check(graph)), tiling, lean, new Set(), new Set(Object.keys(graph)));
        const tables = Object.fromEntries(Object.entries(made.tables).map(([name, table]) => [name, table(sizes)]));
        const actual = orThrow(evaluate(made.graph, { ...model.tensors, ...tables }, sizes));
        for (const name of made.checks) assert.is(actual[name]?.data[0], 0, `${name} at ${tokens} tokens`);
        for (const [name, values] of Object.entries(expected))
          close(actual[name] as Tensor, values, { rtol: 1e-9, of: "largest" });
      }
    }
});

test("a matrix is dense where no row of it can hide a state", () => {
  assert.ok(isDense(Float32Array.of(1, 2, 3, 4), 2));
  assert.not(isDense(Float32Array.of(1, 0, 3, 4), 2));
  const row = (zeros: number): Float32Array => Float32Array.from({ length: 64 }, (_, i) => (i < zeros ? 0 : 1));
  assert.ok(isDense(row(8), 64));
  assert.not(isDense(row(9), 64));
});

test.run();
