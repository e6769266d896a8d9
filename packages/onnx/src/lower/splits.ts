// split in fewer passes over `[M, T, I]` than its meaning has: what takes the time of a decomposition outside its
// products. The remainder is the last part and has its masks on `[1, T, I]` alone; a part without gate input is masked where
// the gate is 0, and its exponential is 0 by itself; temperature and the special token's masks are one factor per row.
import {
  add,
  check,
  concat,
  type Dim,
  div,
  type Expr,
  equal,
  exp,
  type Fault,
  type Graph,
  iota,
  less,
  max,
  maximum,
  minus,
  mul,
  type Node,
  neg,
  REMAINDER_EPSILON,
  reshape,
  rewrite,
  type Shape,
  sameDim,
  slice,
  sub,
  sum,
  where,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";

/** As in graph's expand/shared.ts: "minus infinity" in every mask. */
const MASKED = -3e38;

/** Symbols are at least 1. */
const isPositive = (d: Dim): boolean => (typeof d === "number" ? d > 0 : d.terms.every((t) => t.numerator > 0));

const isFirst = (size: Dim, axes: number): Expr =>
  equal(reshape(1, [size, ...new Array<number>(axes).fill(1)])(iota(size)), 0);

/** Gates over the temperature, `[N, T, I]`: 1 of part 0 at token 0, MASKED where a part has none. */
const namedGates = (gate: Expr, [named, tokens]: Shape, { temperature, special }: Split["params"]): Expr => {
  const first = isFirst(named as Dim, 2);
  const begin = mul(first, isFirst(tokens as Dim, 1));
  const factor = where(special === "ignore" ? first : begin, 0, 1 / temperature);
  const scaled = add(mul(gate, factor), mul(begin, 1 / temperature));
  // Where takes ONNX Runtime thrice as long as a product and a sum.
  return add(scaled, mul(equal(scaled, 0), MASKED));
};

/** The same of the remainder, `[1, T, I]`: 1 where no other part has a gate input, none where it is next to nothing. */
const remainderGate = (gate: Expr, most: Expr, temperature: number): Expr => {
  const absent = less(maximum(gate, neg(gate)), REMAINDER_EPSILON);
  const silent = mul(absent, equal(most, MASKED));
  return where(silent, 1 / temperature, where(absent, MASKED, mul(gate, 1 / temperature)));
};

type Split = Node<"split">;

/** In graph's expand/decomposition.ts: conditioned and softmaxShares. */
const leanSplit = ({ params, inputs }: Split, shape: Shape): Expr => {
  const [parts, tokens] = shape.slice(-3);
  const [gate, neurons] = inputs as readonly [Expr, Expr];
  const named = minus(parts as Dim, 1);
  const gates = namedGates(slice(-3, 0, named)(gate), [named, tokens as Dim], params);
  const most = max(-3)(gates);
  const rest = remainderGate(slice(-3, named, 1)(gate), most, params.temperature);
  const top = maximum(most, rest);
  const [e, last] = [exp(sub(gates, top)), exp(sub(rest, top))];
  const each = div(neurons, add(sum(-3)(e), last));
  return concat(-3, mul(e, each), mul(last, each));
};

const isLean = (n: Split, shape: Shape): boolean => {
  const named = minus(shape.at(-3) ?? 0, 1);
  return n.params.shares === "softmax" && isPositive(named) && sameDim(n.params.remainder, named);
};

/** Where shares are no softmax, or the remainder is not the last part, a split keeps its meaning. Faults: a misshapen graph. */
export const leanSplits = (graph: Graph): E.Either<readonly Fault[], Graph> =>
  pipe(
    check(graph),
    E.map((shapes) =>
      rewrite(graph, (now, old) => {
        const shape = shapes.get(old.inputs[0] as Expr) ?? [];
        if (now.op !== "split" || !isLean(now, shape)) return now;
        return now.site === undefined ? leanSplit(now, shape) : { ...leanSplit(now, shape), site: now.site };
      }),
    ),
  );
