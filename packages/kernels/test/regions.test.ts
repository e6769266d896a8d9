import * as g from "@depass/graph";
import { close, decompositions } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Lowerings } from "../src/lower.ts";
import { fitLayout, planBytes } from "../src/memory-plan.ts";
import type { Region } from "../src/regions.ts";
import { contraction } from "../src/wgsl/contraction.ts";
import type { Operand } from "../src/wgsl/operand.ts";
import { open } from "./backends.ts";
import { planned } from "./planned.ts";
import { fuzz } from "./seed.ts";

const test = suite("regions");

const packed = (graph: g.Graph): g.Graph => g.orThrow(g.pack(g.orThrow(g.simplify(graph))));

test("a region is in one piece, and begins anew where attention mixes tokens", () => {
  fc.assert(
    fc.property(decompositions, ({ graph }) => {
      const { steps } = planned(packed(graph));
      const ended = new Set<Region>();
      steps.forEach(({ region, name }, i) => {
        const before = steps[i - 1]?.region;
        if (before !== undefined && before !== region) ended.add(before);
        assert.not(region !== undefined && ended.has(region));
        if (name.startsWith("attendRows")) assert.ok(region !== undefined && before !== region);
      });
    }),
    fuzz(30),
  );
});

const x = g.at("x")(g.input("x", ["T", 4]));
const w = g.weight("w", [4, 4]);
const decomposed = (y: g.Expr): g.Graph =>
  packed(g.orThrow(g.decompose({ y }, { seed: g.tokenSeed("x"), rule: g.softmaxRule() })).graph);

test("kernels of the user's own know no tiles, so they stand in no region", () => {
  const own: Lowerings = { linear: (_, c) => contraction(c.name, ...(c.operands as [Operand, Operand]), c.shape) };
  const graph = decomposed(g.linear(w)(g.mul(g.linear(w)(x), 2)));
  const regions = (lowerings: Lowerings): number =>
    planned(graph, { lowerings }).steps.filter((s) => s.name === "linear" && s.region !== undefined).length;
  assert.ok(regions({}) > 0);
  assert.is(regions(own), 0);
});

/** With three tokens and no number of rows told from six columns, a computed weight looks like rows. */
for (const backend of await open("regions"))
  test(`what is read beyond the tile is held whole (${backend.device})`, async () => {
    const rows = { tokens: 3, extras: 0 };
    const seed = g.node("seedRows", rows, g.input("x", [3, 4]));
    const computed = g.mul(g.weight("v", [6, 4]), 0.5);
    const graph = { y: g.linear(computed)(g.mul(seed, 2)) };
    const tensors = {
      x: g.f32(
        [3, 4],
        Array.from({ length: 12 }, (_, i) => i - 5),
      ),
      v: g.f32(
        [6, 4],
        Array.from({ length: 24 }, (_, i) => (i % 7) - 3),
      ),
    };
    const p = planned(graph);
    const { layout } = fitLayout(p, {}, { bytes: 0, buffer: Number.POSITIVE_INFINITY });
    assert.ok(layout.tileRows < 6);
    const [small] = await open("regions", { memory: planBytes(p, {}, layout).total });
    const out = await g.run(small ?? backend, graph, tensors);
    close(out.y as g.Tensor, g.orThrow(g.evaluate(graph, tensors)).y as g.Tensor, { rtol: 1e-6 });
    await small?.close();
  });

test.run();
