// Gradients of random graphs, models and decompositions are their derivatives; passes keep them; those of the frozen graph
// are what decompose() follows.
import fc from "fast-check";
import { pipe } from "fp-ts/lib/function.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decompose } from "../../src/decompose.ts";
import { evaluate } from "../../src/evaluate.ts";
import { expand } from "../../src/expand.ts";
import { at, type Expr, type Graph } from "../../src/expr.ts";
import * as nn from "../../src/nn.ts";
import { share } from "../../src/passes/share.ts";
import { simplify } from "../../src/passes/simplify.ts";
import { softmaxRule } from "../../src/rules.ts";
import { tokenSeed } from "../../src/seeds.ts";
import { show } from "../../src/show.ts";
import * as s from "../../src/syntax.ts";
import { type Tensor, toF64 } from "../../src/tensor.ts";
import {
  cotangentsOf,
  decompositions,
  floatLeaves,
  graphs,
  losses,
  models,
  type Runnable,
  tensorsFor,
  withGradients,
} from "../../src/testing/index.ts";
import { nodesOf } from "../../src/traverse.ts";
import { agree, direction, gradients, measure } from "../derivative.ts";
import { right } from "../either.ts";
import { sameOutputs } from "../same.ts";
import { fuzz } from "../seed.ts";

const test = suite("vjp/laws");

/** Where a long and a short step see two slopes a kink is between them, and differences say nothing; few may be like that. */
const derivatives = (cases: fc.Arbitrary<Runnable>, runs: number, rtol?: number): void => {
  let kinks = 0;
  fc.assert(
    fc.property(cases, (sample) => {
      const found = measure(sample, direction(sample, floatLeaves(sample.graph)));
      if (found.doubt <= 1e-6 * found.scale) agree(found, rtol);
      else kinks++;
    }),
    fuzz(runs),
  );
  assert.ok(kinks <= runs / 10, `${kinks} of ${runs} cases have kinks`);
};

test("random graphs", () =>
  derivatives(
    graphs(40).filter(({ graph }) => floatLeaves(graph).length > 0),
    150,
  ));
test("random models", () => derivatives(models, 60));
test("losses of random models", () => derivatives(losses, 30));
test("decomposed random models", () =>
  derivatives(
    decompositions
      .filter(({ model }) => model.config.experts === 0)
      .map(({ graph, model: { tensors, sizes } }) => ({ graph, tensors, sizes })),
    25,
    1e-6,
  ));

const gradientsOnly = (sample: Runnable): Runnable => {
  const [pulled] = withGradients(sample);
  const { logits: _, ...graph } = (pulled as Runnable).graph;
  return { ...(pulled as Runnable), graph };
};

test("gradients have gradients", () => derivatives(models.map(gradientsOnly), 12, 1e-6));

test("passes keep gradients", () => {
  fc.assert(
    fc.property(fc.oneof(graphs(30), models), (sample) => {
      for (const { graph, tensors, sizes } of withGradients(sample)) {
        assert.is(show(share(graph)), show(graph));
        for (const other of [right(simplify(graph)), right(expand(graph)), share(right(expand(graph)))])
          sameOutputs(other, graph, tensors, sizes);
      }
    }),
    fuzz(40),
  );
});

test("at most three times as many primitives as the model", () => {
  const primitives = (graph: Graph): number => nodesOf(share(right(expand(graph)))).length;
  fc.assert(
    fc.property(models, (model) => {
      const [all = 0, forward = 0] = [...withGradients(model), model].map(({ graph }) => primitives(graph));
      assert.ok(all <= 3 * forward, `${all} nodes for ${forward}`);
    }),
    fuzz(30),
  );
});

const w = (name: string, ...shape: number[]): Expr => s.weight(name, shape);

/** Attention only: what decompose() does to it is linear, once norms and weights are frozen. */
const attentive = (norm: (l: string) => (x: Expr) => Expr): Graph => {
  const branch = (l: string) =>
    nn.attention({
      tokens: "T",
      heads: 4,
      kvHeads: 2,
      headWidth: 2,
      q: w(`${l}.q`, 8, 6),
      k: w(`${l}.k`, 4, 6),
      v: w(`${l}.v`, 4, 6),
      o: w(`${l}.o`, 6, 8),
      rotary: nn.rotaryTables("T", [1]),
    });
  const layer = (l: string) => nn.residual((x) => branch(l)(norm(l)(x)));
  const logits = pipe(
    s.input("x", ["T", 6]),
    at("entry"),
    layer("a"),
    layer("b"),
    norm("c"),
    nn.unembed(w("head", 5, 6)),
  );
  return { logits };
};

const norms: Readonly<Record<string, (l: string) => (x: Expr) => Expr>> = {
  rmsNorm: (l) => nn.rmsNorm(w(`${l}.gain`, 6), 1e-5),
  layerNorm: (l) => nn.layerNorm(w(`${l}.gain`, 6), w(`${l}.shift`, 6), 1e-5),
};

for (const [name, norm] of Object.entries(norms))
  test(`the frozen gradient times a token's state is what decompose() gives the token (${name})`, () => {
    const graph = attentive(norm);
    const sizes = { T: 4 };
    const tensors = tensorsFor(graph, sizes);
    const twin = right(decompose(graph, { seed: tokenSeed("entry"), rule: softmaxRule() })).graph;
    const parts = toF64(right(evaluate(twin, tensors, sizes))["logits.parts"] as Tensor);
    const v = cotangentsOf(graph, sizes);
    const scores = (frozen: boolean): readonly number[] => {
      const gradient = toF64(gradients({ graph, tensors, sizes }, ["entry"], v, { frozen }).entry as Tensor);
      const state = toF64(tensors.x as Tensor);
      return [0, 1, 2, 3].map((t) => total(6, (d) => (gradient[6 * t + d] ?? 0) * (state[6 * t + d] ?? 0)));
    };
    const wanted = [0, 1, 2, 3].map((m) =>
      total(20, (i) => (toF64(v.logits as Tensor)[i] ?? 0) * (parts[20 * m + i] ?? 0)),
    );
    const apart = (a: readonly number[]): number => Math.max(...a.map((x, i) => Math.abs(x - (wanted[i] ?? 0))));
    assert.ok(apart(scores(true)) < 1e-10, `${scores(true)} and ${wanted}`);
    assert.ok(apart(scores(false)) > 1e-3, "the true gradient should differ");
  });

const total = (n: number, f: (i: number) => number): number =>
  Array.from({ length: n }, (_, i) => f(i)).reduce((a, b) => a + b, 0);

test.run();
