// Only the tokens that are asked for. Where everything that reads a value reads it at the same places of one axis, it need not
// be computed elsewhere: the gather moves in front of it, op by op, up to where others read the whole, or where an op looks
// along that axis, as attention does. An explanation of one position then has no MLP of the other ones in its last layer.
import * as E from "fp-ts/lib/Either.js";
import { type Shape, sameDim } from "../dim.ts";
import type { Fault } from "../error.ts";
import { type Places, splitAt } from "../expand/decomposition.ts";
import { type Expr, type Graph, type Node, unnamed, withInputs } from "../expr.ts";
import { check, type Shapes } from "../shape.ts";
import { gather } from "../syntax.ts";
import { applyOverride, type Overrides } from "../table.ts";
import { mapOutputs, nodesOf, topological } from "../traverse.ts";
import { share } from "./share.ts";

/** Places of an axis, which counts from the end. */
type Wanting = Places & { readonly axis: number };

type Context = { readonly shape: Shape; readonly inputs: readonly Shape[]; readonly places: Wanting };

/** Which inputs are wanted at the same places, and the op over what it then gets; absent where an op looks along the axis. */
type Narrow = { readonly narrow: readonly boolean[]; readonly over?: (inputs: readonly Expr[], index: Expr) => Expr };
type Rules = Overrides<readonly [context: Context], Narrow | undefined>;

/** Whether an input has the places at all; one that is repeated along the axis has them not. */
const hasPlaces = (input: Shape, { shape, places: { axis } }: Context): boolean => {
  const [own, whole] = [input.at(axis), shape.at(axis)];
  return input.length >= -axis && own !== undefined && whole !== undefined && sameDim(own, whole);
};

const elementwise = (_: unknown, context: Context): Narrow | undefined =>
  context.shape.at(context.places.axis) === 1
    ? undefined
    : { narrow: context.inputs.map((s) => hasPlaces(s, context)) };

const first = ({ inputs }: Context): Narrow => ({ narrow: inputs.map((_, i) => i === 0) });

/** Each row by itself. */
const rowwise = (_: unknown, context: Context): Narrow | undefined =>
  context.places.axis < -1 ? first(context) : undefined;

const offAxis = ({ params }: { readonly params: { readonly axis: number } }, context: Context): Narrow | undefined =>
  params.axis === context.places.axis ? undefined : first(context);

const rules: Rules = {
  neg: elementwise,
  exp: elementwise,
  log: elementwise,
  sqrt: elementwise,
  sin: elementwise,
  cos: elementwise,
  tanh: elementwise,
  erf: elementwise,
  roundF32: elementwise,
  freeze: elementwise,
  add: elementwise,
  sub: elementwise,
  mul: elementwise,
  div: elementwise,
  maximum: elementwise,
  less: elementwise,
  equal: elementwise,
  where: elementwise,
  activate: elementwise,
  gated: elementwise,
  sum: offAxis,
  max: offAxis,
  slice: offAxis,
  concat: ({ params }, context) => (params.axis === context.places.axis ? undefined : elementwise(params, context)),
  linear: rowwise,
  softmax: rowwise,
  logSumExp: rowwise,
  rmsScale: rowwise,
  layerScale: rowwise,
  rmsNorm: rowwise,
  layerNorm: rowwise,
  addToPart: ({ params: { rank } }, context) => {
    const [parts = [], c = []] = context.inputs;
    return -context.places.axis <= rank ? { narrow: [hasPlaces(parts, context), hasPlaces(c, context)] } : undefined;
  },
  // What a split does to token 0 it does by its number, so it must hear which tokens these are.
  split: ({ params }, { inputs: [shape = []], places }) =>
    places.axis === -2
      ? {
          narrow: [true, true],
          over: ([gate, neurons], index) => splitAt(gate as Expr, neurons as Expr, shape, params, { ...places, index }),
        }
      : undefined,
};

type Wanted = "whole" | Wanting;

const same = (a: Wanted, b: Wanted): boolean =>
  a === b || (a !== "whole" && b !== "whole" && a.axis === b.axis && a.index === b.index);

type Gather = Node<"gather"> & Expr;

const isGather = (n: Expr, shapes: Shapes): n is Gather =>
  n.op === "gather" && (shapes.get(n.inputs[1] as Expr) as Shape).length === 1;

const wantingOf = ({ params: { axis }, inputs: [, index] }: Gather, shapes: Shapes): Wanting => ({
  axis,
  index: index as Expr,
  count: shapes.get(index as Expr)?.[0] ?? 0,
});

const contextOf = (n: Expr, places: Wanting, shapes: Shapes): Context => ({
  places,
  shape: shapes.get(n) as Shape,
  inputs: n.inputs.map((x) => shapes.get(x) as Shape),
});

/** What is wanted of each node, users first: where they want different things, the whole. */
const wantedIn = (graph: Graph, shapes: Shapes): ReadonlyMap<Expr, Wanted> => {
  const wanted = new Map<Expr, Wanted>();
  const want = (x: Expr, w: Wanted): unknown => wanted.set(x, same(wanted.get(x) ?? w, w) ? w : "whole");
  for (const x of Object.values(graph)) want(x, "whole");
  for (const n of [...nodesOf(graph)].reverse()) {
    const own = wanted.get(n) ?? "whole";
    const rule = own === "whole" ? undefined : applyOverride(rules, n, contextOf(n, own, shapes));
    if (own !== "whole" && rule !== undefined) {
      for (const [i, x] of n.inputs.entries()) want(x, rule.narrow[i] ? own : "whole");
      continue;
    }
    wanted.set(n, "whole");
    const [x, index] = n.inputs as readonly [Expr, Expr];
    const asks = isGather(n, shapes);
    if (asks) want(x, wantingOf(n, shapes));
    for (const input of asks ? [index] : n.inputs) want(input, "whole");
  }
  return wanted;
};

/** Faults are those of check(). Outputs keep their values; sites within what is narrowed are gone. */
export const narrow = (graph: Graph): E.Either<readonly Fault[], Graph> =>
  E.map((shapes: Shapes) => {
    const wanted = wantedIn(graph, shapes);
    const made = new Map<Expr, Expr>();
    const whole = (x: Expr): Expr => made.get(x) as Expr;
    const at = (x: Expr, { axis, index }: Wanting): Expr =>
      wanted.get(x) === "whole" ? gather(axis, whole(index))(whole(x)) : whole(x);
    const narrowed = (n: Expr, places: Wanting): Expr => {
      const rule = applyOverride(rules, n, contextOf(n, places, shapes)) as Narrow;
      const inputs = n.inputs.map((x, i) => (rule.narrow[i] ? at(x, places) : whole(x)));
      return rule.over === undefined ? unnamed(withInputs(n, inputs)) : rule.over(inputs, whole(places.index));
    };
    // Numbers of places first: a gather may move in front of what they are made of, which is wanted whole.
    const indexes = [...wanted.values()].flatMap((w) => (w === "whole" ? [] : [w.index]));
    for (const n of topological([...indexes, ...Object.values(graph)])) {
      const own = wanted.get(n) as Wanted;
      const [x] = n.inputs as readonly [Expr];
      if (own !== "whole") made.set(n, narrowed(n, own));
      else if (isGather(n, shapes) && wanted.get(x) !== "whole") made.set(n, at(x, wantingOf(n, shapes)));
      else made.set(n, withInputs(n, n.inputs.map(whole)));
    }
    return share(mapOutputs(graph, whole));
  })(check(graph));
