// Parts that a user writes, of one state of the demo: scored by one pass backwards where the rule is linear, as forward.
import {
  constant,
  f32,
  input,
  mul,
  partsSeed,
  reference,
  reshape,
  subspaceSeed,
  taylorRule,
  wholeAs,
} from "@depass/graph";
import { type Model, site } from "@depass/models";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttributeOptions, attribute, load } from "../src/attribute.ts";
import type { Level } from "../src/level.ts";
import type { Attribution } from "../src/result.ts";

const test = suite("parts of one's own");

let model: Model;
test.before(async () => {
  model = await load();
});
test.after(() => model.close());

const asked = (options: AttributeOptions): Promise<Attribution> =>
  attribute(model, "The capital of Gerland is", { backend: reference, rule: taylorRule(), ...options });

const near = (a: Attribution, b: Attribution, tolerance: number): void => {
  const [x, y] = [a, b].map(({ parts }) => parts.map(({ score }) => score)) as [number[], number[]];
  assert.is(x.length, y.length);
  const off = Math.hypot(...x.map((s, i) => s - (y[i] as number)));
  assert.ok(off <= tolerance * Math.hypot(...y), `${x} and ${y}`);
};

test("parts of one's own of one state: one pass backwards gives their scores, and the remainder's", async () => {
  const { hidden } = model.architecture;
  const basis = constant(
    Array.from({ length: hidden }, (_, d) => Math.sin(d) / Math.hypot(...[...new Array(hidden).keys()].map(Math.sin))),
    [1, hidden],
  );
  const masked: Level = {
    seed: partsSeed("first tokens", site.residPre(2), 1, (whole) =>
      mul(reshape(1, [1, "T", 1])(input("mask", ["T"])), whole),
    ),
    partsOf: ({ tokens: { length } }) => {
      const mask = f32(
        [length],
        Array.from({ length }, (_, t) => (t < 3 ? 1 : 0)),
      );
      return { _tag: "Right", right: { parts: [{ name: "first", tokens: [0, 1, 2] }], inputs: { mask } } };
    },
  };
  for (const seed of [subspaceSeed(site.residPre(1), [basis]), masked])
    for (const to of [undefined, "L3H1"]) {
      const options = { seed, ...(to && { to }) };
      const [forward, back] = [await asked({ ...options, mode: "forward" }), await asked(options)];
      assert.is(back.mode, "adjoint");
      near(back, forward, 1e-9);
      assert.ok(Math.abs(back.parts.at(-1)?.score ?? 0) > 1e-9, "a remainder");
      assert.ok(back.gap < 1e-9);
    }
});

test("parts that begin at several places go forward, and the adjoint mode says why", async () => {
  const seed = {
    ...partsSeed("two places", site.residPre(1), 2, (whole) => wholeAs(0, 2, "").parts(whole, () => whole)),
    also: [wholeAs(1, 2, site.attnOut(1))],
  };
  const found = await asked({ seed });
  assert.is(found.mode, "forward");
  assert.ok(found.gap < 1e-9);
  await asked({ seed, mode: "adjoint" }).then(
    () => assert.unreachable("not refused"),
    (error) => assert.match(String(error), /a level of the model, or parts of one state, got seed two places/),
  );
});

test.run();
