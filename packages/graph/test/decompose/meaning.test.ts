// What a score means: where the rule is linear, the parts' scores are the effects of real interventions. The frozen model is
// built here by hand, with recorded numbers in place of all that DePass freezes, and run with a part taken out of the state.
import fc from "fast-check";
import { suite } from "uvu";
import { decompose } from "../../src/decompose.ts";
import { evaluate } from "../../src/evaluate.ts";
import { expand } from "../../src/expand.ts";
import type { Expr, Graph } from "../../src/expr.ts";
import { taylorRule } from "../../src/rules.ts";
import { tokenSeed } from "../../src/seeds.ts";
import { check } from "../../src/shape.ts";
import * as s from "../../src/syntax.ts";
import { type Tensor, tensor, toF64 } from "../../src/tensor.ts";
import { close, models } from "../../src/testing/index.ts";
import { nodesOf, rewrite } from "../../src/traverse.ts";
import { right } from "../either.ts";
import { fuzz } from "../seed.ts";
import { part } from "../tensors.ts";

const test = suite("decompose/meaning");

const isMlp = (n: Expr): boolean => n.op === "activate" || n.op === "gated";
const isFrozen = (n: Expr): boolean => n.op === "freeze" || n.op === "attentionWeights" || isMlp(n);

/** The model as a function of the state at `site`: norms, attention and activation/pre-activation are inputs now. */
const frozen = (graph: Graph, site: string): { readonly graph: Graph; readonly recorded: Graph } => {
  const open = right(expand(graph, (n) => n.op === "rmsNorm" || n.op === "layerNorm"));
  const shapes = right(check(open));
  const recorded = new Map<string, Expr>();
  const record = (x: Expr): Expr => {
    const name = `recorded ${recorded.size}`;
    recorded.set(name, x);
    return s.input(name, shapes.get(x) ?? []);
  };
  const replaced = rewrite(open, (now, old) => {
    if (old.site === site) return s.input("state", shapes.get(old) ?? []);
    if (isMlp(old)) return s.mul(now.inputs[0] as Expr, s.div(record(old), record(old.inputs[0] as Expr)));
    return isFrozen(old) ? record(old) : now;
  });
  return {
    graph: replaced,
    recorded: { ...Object.fromEntries(recorded), state: nodesOf(open).find((n) => n.site === site) as Expr },
  };
};

/** The state with one token's row at zero. */
const without = (state: Tensor, token: number): Tensor => {
  const width = state.shape[1] as number;
  return tensor(
    "f64",
    state.shape,
    toF64(state).map((v, i) => (Math.floor(i / width) === token ? 0 : v)),
  );
};

test("a part's score is what is lost when its token is taken out of the frozen model", () => {
  // A ReLU that is shut, or a gate of exactly zero, has no slope to intervene on.
  const smooth = models.filter(({ config }) => config.activation !== "relu" && config.width > 2);
  fc.assert(
    fc.property(smooth, fc.nat(9), ({ graph, tensors, sizes, states }, place) => {
      const site = states[place % states.length] as string;
      const { graph: parts } = right(decompose(graph, { seed: tokenSeed(site), rule: taylorRule() }));
      const scores = right(evaluate(parts, tensors))["logits.parts"] as Tensor;
      const { graph: held, recorded } = frozen(graph, site);
      const numbers = right(evaluate(recorded, tensors));
      const at = (state: Tensor): Tensor => right(evaluate(held, { ...tensors, ...numbers, state })).logits as Tensor;
      const whole = toF64(at(numbers.state as Tensor));
      for (let m = 0; m < (sizes.T ?? 0); m++) {
        const less = at(without(numbers.state as Tensor, m));
        const effect = tensor(
          "f64",
          less.shape,
          toF64(less).map((v, i) => (whole[i] ?? 0) - v),
        );
        close(part(scores, m), effect, { rtol: 1e-7, atol: 1e-9, of: "largest" });
      }
    }),
    fuzz(25),
  );
});

test.run();
