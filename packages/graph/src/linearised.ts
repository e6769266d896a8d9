// The frozen pass as a function that is linear in any state: what decompose() follows under a rule that is linear, written
// so that it can be run backwards. Its adjoint gives, for every place at once, the numbers whose product with the value there
// is what each part of that value adds to an output: one pass scores the parts of every seed.
import * as E from "fp-ts/lib/Either.js";
import type { Shape } from "./dim.ts";
import { type Fault, fault } from "./error.ts";
import type { Expr, Graph, Node } from "./expr.ts";
import { at } from "./expr.ts";
import { layoutOf } from "./parts.ts";
import type { Neurons, Rule } from "./rules.ts";
import { check } from "./shape.ts";
import { freeze, reshape } from "./syntax.ts";
import { rewrite } from "./traverse.ts";
import { neuronsOf } from "./twins.ts";

type NonLinearity = Node<"activate"> | Node<"gated">;

const isNonLinearity = (n: Expr): n is Expr & NonLinearity => n.op === "activate" || n.op === "gated";

/** One part, which is the whole. */
const alone = layoutOf(0, false, false);

/** The rule's split of a single part: the neurons as a linear function of the gate, with all else held. */
const asOnePart = (n: NonLinearity, shape: Shape, rule: Rule): Expr => {
  const { gate, neurons, secant, ...rest } = neuronsOf(n, shape);
  const held: Neurons = { ...rest, gate: freeze(gate), neurons: freeze(neurons), secant: freeze(secant) };
  const part = rule.split(reshape(shape.length, [1, ...shape])(gate), held, alone);
  return reshape(shape.length + 1, shape)(part);
};

/**
 * The same graph with each MLP non-linearity linear in its gate, as the rule splits it; values stay what they are. With
 * `vjp(…, { frozen: true })` its gradients are those of the decomposed pass. Faults: a rule that is not linear, a misshapen
 * graph.
 */
export const linearised = (graph: Graph, rule: Rule): E.Either<readonly Fault[], Graph> =>
  rule.linear === true
    ? E.map((shapes: ReadonlyMap<Expr, Shape>) =>
        rewrite(graph, (now, old) => {
          if (!isNonLinearity(now)) return now;
          const linear = asOnePart(now, shapes.get(old) as Shape, rule);
          return now.site === undefined ? linear : at(now.site)(linear);
        }),
      )(check(graph))
    : E.left([fault("rule", `rule ${rule.name}`, "a rule that is linear in the parts, such as taylor", "another")]);
