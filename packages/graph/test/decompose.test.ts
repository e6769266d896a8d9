import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Decomposed, decompose, partNames } from "../src/decompose.ts";
import { sameDim, showDim, valueOf } from "../src/dim.ts";
import { evaluate } from "../src/evaluate.ts";
import { at, type Expr, type Graph } from "../src/expr.ts";
import * as nn from "../src/nn.ts";
import { partsName } from "../src/parts.ts";
import { type Rule, softmaxRule } from "../src/rules.ts";
import { tokenSeed } from "../src/seeds.ts";
import * as s from "../src/syntax.ts";
import { f32, type Tensor, tensor, toF64 } from "../src/tensor.ts";
import { close, decompositions, evenRule, models, partialSeed, withEverySite } from "../src/testing/index.ts";
import type { Twin } from "../src/twins.ts";
import { left, right } from "./either.ts";
import { fuzz } from "./seed.ts";
import { largest, part, total } from "./tensors.ts";

const test = suite("decompose");

const rule = softmaxRule();
const tolerance = { rtol: 1e-9, atol: 1e-11, of: "largest" } as const;

type Values = Readonly<Record<string, Tensor>>;
const numberOf = (d: Decomposed["layout"]["count"], T: number): number => valueOf(d, { T });

test("parts sum to the whole at every site that has them, from any state, by any rule", () => {
  fc.assert(
    fc.property(decompositions, ({ graph, source, layout, model: { tensors, sizes }, seed }) => {
      const values = right(evaluate(graph, tensors)) as Values;
      const whole = right(evaluate(source, tensors)) as Values;
      const split = Object.keys(source).filter((name) => values[partsName(name)] !== undefined);
      assert.ok(split.includes(seed.site) && split.includes("logits"));
      for (const name of Object.keys(source)) close(values[name] as Tensor, whole[name] as Tensor, { rtol: 0 });
      for (const name of split) {
        const parts = values[partsName(name)] as Tensor;
        assert.is(parts.shape[0], valueOf(layout.count, sizes));
        close(total(parts), whole[name] as Tensor, tolerance);
      }
    }),
    fuzz(60),
  );
});

test("causality: a part is exactly zero at every token before its own", () => {
  fc.assert(
    fc.property(models, fc.nat(9), ({ graph, tensors, sizes, states }, place) => {
      const seed = tokenSeed(states[place % states.length] as string);
      const { graph: parts } = right(decompose(withEverySite(graph), { seed, rule }));
      for (const [name, t] of Object.entries(right(evaluate(parts, tensors)))) {
        if (!name.endsWith(".parts")) continue;
        const T = sizes.T ?? 0;
        const width = toF64(t).length / (t.shape[0] as number) / T;
        for (let m = 1; m < T; m++)
          assert.ok(
            toF64(part(t, m))
              .subarray(0, m * width)
              .every((v) => v === 0),
            `${name}, part ${m}`,
          );
      }
    }),
    fuzz(20),
  );
});

test("biases have a part of their own, and then nothing remains", () => {
  fc.assert(
    fc.property(models, ({ config, graph, tensors, sizes, states }) => {
      const { graph: g, layout } = right(decompose(withEverySite(graph), { seed: tokenSeed("state.0"), rule }));
      const names = partNames(
        layout,
        Array.from({ length: config.tokens }, (_, i) => `${i}`),
      );
      const hasBias = config.biases || config.norm === "layer";
      assert.equal(names.slice(config.tokens), hasBias ? ["bias", "remainder"] : ["remainder"]);
      assert.is(names.length, numberOf(layout.count, sizes.T ?? 0));
      const last = right(evaluate(g, tensors))[partsName(states.at(-1) as string)] as Tensor;
      if (config.biases) assert.ok(largest(part(last, names.indexOf("bias"))) > 1e-3);
      // A model of width 1 with layer norm sees only zeros; with nothing to share by, the remainder takes the neurons.
      if (config.width > 1) assert.is(largest(part(last, names.indexOf("remainder"))), 0);
    }),
    fuzz(30),
  );
});

test("dropped constants are what the bias part was", () => {
  fc.assert(
    fc.property(models, ({ graph, tensors }) => {
      const seed = tokenSeed("state.0");
      const kept = right(decompose(graph, { seed, rule: evenRuleOfNamed }));
      const dropped = right(decompose(graph, { seed, rule: evenRuleOfNamed, constants: "drop" }));
      assert.is(dropped.layout.bias, undefined);
      const [a, b] = [kept, dropped].map((d) => right(evaluate(d.graph, tensors))["logits.parts"] as Tensor);
      close(part(b as Tensor, 0), part(a as Tensor, 0), tolerance);
    }),
    fuzz(15),
  );
});

/** Everything to the first part, so that no share depends on whether there is a bias part. */
const evenRuleOfNamed: Rule = {
  name: "first",
  split: (_, { neurons }, { count }) => s.mul(s.reshape(1, [count, 1, 1])(s.equal(s.iota(count), 0)), neurons),
};

test("what a seed lacks is the remainder", () => {
  fc.assert(
    fc.property(
      models.filter(({ config }) => !config.parallel),
      ({ graph, tensors }) => {
        const seed = partialSeed("state.2", "attention.0");
        const { graph: g, layout } = right(decompose(withEverySite(graph), { seed, rule }));
        const values = right(evaluate(g, tensors)) as Values;
        const parts = values["state.2.parts"] as Tensor;
        assert.ok(sameDim(layout.named, 2));
        const state = values["state.2"] as Tensor;
        close(
          part(parts, 0),
          tensor(
            "f64",
            state.shape,
            toF64(state).map((v) => v / 4),
          ),
          tolerance,
        );
        close(part(parts, 1), values["attention.0"] as Tensor, tolerance);
        close(total(parts), state, tolerance);
      },
    ),
    fuzz(15),
  );
});

test("a rule of one's own: even shares", () => {
  fc.assert(
    fc.property(models, ({ graph, tensors }) => {
      const { graph: g } = right(decompose(withEverySite(graph), { seed: tokenSeed("state.0"), rule: evenRule }));
      const values = right(evaluate(g, tensors)) as Values;
      const [parts, neurons] = [values["neurons.0.parts"] as Tensor, values["neurons.0"] as Tensor];
      const M = parts.shape[0] as number;
      const share = tensor(
        "f64",
        neurons.shape,
        toF64(neurons).map((v) => v / M),
      );
      for (let m = 0; m < M; m++) close(part(parts, m), share, tolerance);
    }),
    fuzz(10),
  );
});

const x = at("x")(s.input("x", ["T", 2]));
const y = at("y")(s.input("y", ["T", 2]));
const given = { x: f32([2, 2], [1, 2, 3, 4]), y: f32([2, 2], [0.5, -1, 2, 8]) };
const seed = tokenSeed("x");
const run = (graph: Graph, options = {}): Values => {
  const decomposed = right(decompose(graph, { seed, rule, ...options }));
  const values = right(evaluate(decomposed.graph, given)) as Values;
  for (const name of Object.keys(graph))
    close(total(values[partsName(name)] as Tensor), values[name] as Tensor, tolerance);
  return values;
};

test("a summand from outside the seed is remainder where it comes with the prompt, bias where it does not", () => {
  const { "out.parts": parts } = run({ out: s.add(s.add(x, y), s.constant([7, 9])) });
  close(part(parts as Tensor, 3), given.y);
  close(part(parts as Tensor, 2), f32([2, 2], [7, 9, 7, 9]));
});

test("beside it, before it, in its place", () => {
  run({ out: s.concat(-1, y, x) });
  run({ out: s.concat(-2, x, s.constant([1, 1], [1, 2])) });
  run({ out: s.sub(y, x) });
  run({ out: s.where(s.less(y, 1), x, y) });
  run({ out: s.add(s.sum(-1)(x), y) });
  const zeros = run({ out: s.where(s.less(y, 1), x, 0) })["out.parts"] as Tensor;
  assert.equal(zeros.shape, [3, 2, 2], "zeros are no bias");
});

test("broadcasting never meets the axis of parts", () => {
  const row = s.reshape(2, [2])(s.sum(-2)(x));
  run({ a: s.broadcast(["T", 2])(row), b: s.broadcast([3, 2])(row), c: s.mul(row, s.input("y", ["T", 2])) });
  run({ a: s.add(row, y), b: s.matmul(s.input("y", ["T", 2]), s.reshape(1, [2, 1])(row)) });
});

test("gated by something from outside, parts go through the factor", () => {
  const values = run({ out: nn.gated("relu", y, x) });
  close(
    values["out.parts"] as Tensor,
    tensor("f64", [3, 2, 2], Float64Array.of(0.5, 0, 0, 0, 0, 0, 6, 32, 0, 0, 0, 0)),
  );
});

test("a twin of one's own for a non-linearity of one's own", () => {
  const twin = (n: { readonly inputs: readonly Expr[] }): Twin => ({
    kind: "parts",
    exactness: "rule",
    needs: [0],
    build: (partsOf, layout) => {
      const [gate, neurons] = [n.inputs[0] as Expr, n as Expr];
      return rule.split(partsOf(0), { gate, neurons, secant: s.div(neurons, gate), tokens: 1 }, layout);
    },
  });
  run({ out: nn.linear(s.constant([1, 2], [1, 2]))(s.tanh(x)) }, { twins: { tanh: twin } });
});

test("the report says what is exact, frozen or a rule's choice", () => {
  const mlp = nn.mlp({ activation: "relu", up: s.weight("u", [3, 2]), down: s.weight("d", [2, 3]), site: "neurons" });
  const { report } = right(decompose(nn.rmsNorm(s.weight("g", [2]), 1)(mlp(x)), { seed, rule }));
  assert.equal(
    report.map((r) => `${r.site ?? r.node} ${r.exactness}`),
    ["linear exact", "neurons rule", "linear exact", "mul frozen", "mul exact"],
  );
});

test("an unknown site lists those there are", () => {
  assert.is(
    left(decompose(s.add(x, y), { seed: tokenSeed("z"), rule })),
    "seed token from z: expected a site of the graph, got z; the graph has x, y",
  );
});

test("every node without a twin at once, with site and reason", () => {
  const squared = at("squared")(s.mul(x, x));
  const faults = left(
    decompose({ out: at("top")(s.max(-1)(nn.softmax(squared))), other: at("wave")(s.sin(x)) }, { seed, rule }),
  );
  const next = "change the graph there or pass a twin of your own";
  assert.equal(faults.split("\n"), [
    `mul at squared: expected an op that carries parts, got it is linear in one of its inputs at a time, but input 0 (input) and input 1 (input) all depend on the seed; freeze one; ${next}`,
    `softmax: expected an op that carries parts, got softmax is not linear; freeze it, or give a twin for it; ${next}`,
    `max at top: expected an op that carries parts, got max is not linear; freeze it, or give a twin for it; ${next}`,
    `sin at wave: expected an op that carries parts, got sin is not linear; freeze it, or give a twin for it; ${next}`,
  ]);
});

test("what is not on the way to an output needs no twin", () => {
  const frozen = s.freeze(s.exp(s.max(-1)(x)));
  run({ out: s.mul(x, frozen) });
});

test("an output that depends on the seed only through what is frozen has no parts", () => {
  assert.match(left(decompose(s.freeze(x), { seed, rule })), "expected an output that depends on it, got none");
  const { graph } = right(decompose({ out: s.mul(x, s.freeze(x)), frozen: s.freeze(x) }, { seed, rule }));
  assert.equal(Object.keys(graph), ["out", "out.parts", "frozen"]);
});

test("a misshapen graph is a fault of its own", () => {
  assert.match(left(decompose(s.sum(-3)(x), { seed, rule })), "sum: expected an axis");
});

test("the layout names all parts in order", () => {
  const { layout } = right(decompose(s.add(x, 1), { seed, rule }));
  assert.is(showDim(layout.count), "T+2");
  assert.equal(partNames(layout, ["a", "b"]), ["a", "b", "bias", "remainder"]);
});

test.run();
