// The twin of every op under DePass: what becomes of its parts. Nearly all rows follow from linearity.ts: an op that is
// linear in its seeded inputs is applied to their parts, and what the unseeded ones add is a constant that belongs to no
// part. Only MLP non-linearities need a rule, and only `freeze` lets parts end.
import type { Dim, Shape } from "./dim.ts";
import { secants } from "./expand/activations.ts";
import { type Expr, type Node, node, unnamed, withInputs } from "./expr.ts";
import { linearIn } from "./linearity.ts";
import { isAll } from "./literal.ts";
import { isStored } from "./movement.ts";
import type { Activation } from "./op.ts";
import type { PartsLayout } from "./parts.ts";
import type { Neurons, Rule } from "./rules.ts";
import { broadcast, mul, reshape, scalar } from "./syntax.ts";
import type { Table } from "./table.ts";

/**
 * How faithful a twin is. `exact`: the parts are the images of the parts, nothing is chosen. `frozen`: linear once a
 * factor is taken from the whole. `rule`: the sum is kept, who gets what is the rule's choice.
 */
export type Exactness = "exact" | "frozen" | "rule";

/** What a twin may use. `seeded[i]`: does input i depend on the seed; shapes are those of the whole graph. */
export type TwinContext = {
  readonly seeded: readonly boolean[];
  readonly shapeOf: (whole: Expr) => Shape;
  readonly rule: Rule;
};

/** Parts of this node from the parts of the inputs it needs; `constant` is what the unseeded inputs add on their own. */
export type Twin =
  | {
      readonly kind: "parts";
      readonly exactness: Exactness;
      /** Inputs whose parts are needed. */
      readonly needs: readonly number[];
      readonly build: (partsOf: (input: number) => Expr, layout: PartsLayout) => Expr;
      /** Summands from outside the seed, one part's shape, and the inputs they come from. */
      readonly constant?: { readonly value: Expr; readonly from: readonly Expr[] };
    }
  /** The parts end here: users of this node see only the whole. */
  | { readonly kind: "frozen" }
  /** Rewritten into simpler ops first. */
  | { readonly kind: "expand" }
  | { readonly kind: "none"; readonly reason: string };

export type Twins = Table<readonly [context: TwinContext], Twin>;

const none = (reason: string): Twin => ({ kind: "none", reason });
const frozen = (): Twin => ({ kind: "frozen" });
const expandFirst = (): Twin => ({ kind: "expand" });

const indexes = (flags: readonly boolean[]): readonly number[] => flags.flatMap((f, i) => (f ? [i] : []));

/** Ones in front of a whole's axes, so that the parts axis never meets one of the other operand's axes. */
const aligned = (parts: Expr, own: Shape, rank: number): Expr =>
  own.length >= rank ? parts : reshape(own.length, [...new Array<number>(rank - own.length).fill(1), ...own])(parts);

/** Ops whose inputs broadcast against each other or the result, and whose ranks therefore must agree. */
const broadcasting: ReadonlySet<string> = new Set(["add", "sub", "mul", "div", "where", "matmul", "broadcast"]);

/** Linear inputs that have no leading axes to put the parts in. */
const rigid: ReadonlySet<string> = new Set([
  "linear 1",
  "attend 0",
  "rope 1",
  "rope 2",
  "toExperts 1",
  "fromExperts 1",
]);

const zero = (shape: Shape): Expr => (shape.length === 0 ? scalar(0) : broadcast(shape)(scalar(0)));

/** An op that is jointly linear in all its seeded inputs, with every other input held at the whole. */
const linearTwin = (n: Node, { seeded, shapeOf }: TwinContext): Twin => {
  const whole = n as Expr;
  const needs = indexes(seeded);
  const group = linearIn(whole).find((g) => needs.every((i) => g.includes(i)));
  if (group === undefined) return none(whyNot(whole, needs));
  const stiff = needs.find((i) => rigid.has(`${n.op} ${i}`));
  if (stiff !== undefined)
    return none(
      `its input ${stiff} depends on the seed and takes no axis of parts; write it with matmul, or freeze it`,
    );
  const rank = broadcasting.has(n.op) ? shapeOf(whole).length : 0;
  const summands = group.filter((i) => !needs.includes(i));
  const given = summands.filter((i) => !isAll(0, n.inputs[i] as Expr));
  const held = indexes(seeded.map((s) => !s)).filter((i) => !summands.includes(i));
  return {
    kind: "parts",
    exactness: held.length > 0 && held.some((i) => !isStored(n.inputs[i] as Expr)) ? "frozen" : "exact",
    needs,
    build: (partsOf, { count }) =>
      withInputs(
        unnamed(whole),
        n.inputs.map((x, i) => {
          if (needs.includes(i)) return aligned(partsOf(i), shapeOf(x), rank);
          if (!summands.includes(i)) return x;
          return zero(n.op === "concat" ? [count, ...shapeOf(x)] : shapeOf(x));
        }),
      ),
    ...(given.length === 0
      ? {}
      : {
          constant: {
            value: withInputs(
              unnamed(whole),
              n.inputs.map((x, i) => (needs.includes(i) ? zero(shapeOf(x)) : x)),
            ),
            from: given.map((i) => n.inputs[i] as Expr),
          },
        }),
  };
};

const whyNot = (x: Expr, needs: readonly number[]): string =>
  linearIn(x).length === 0
    ? `${x.op} is not linear; freeze it, or give a twin for it`
    : `it is linear in one of its inputs at a time, but ${needs.map((i) => `input ${i} (${(x.inputs[i] as Expr).op})`).join(" and ")} all depend on the seed; freeze one`;

/** A non-linearity as a rule meets it. */
export const neuronsOf = (n: Node<"activate"> | Node<"gated">, shape: Shape): Neurons => {
  const [gate, up] = n.inputs as readonly [Expr, Expr?];
  const factor = secants[n.params.activation](gate);
  return {
    gate,
    neurons: n as Expr,
    secant: up === undefined ? factor : mul(factor, up),
    tokens: shape[0] as Dim,
    ...(n.site === undefined ? {} : { site: n.site }),
  };
};

/** The non-linearity of an MLP: parts of the gate decide, the output comes from the whole. */
const ruled = (n: Node<"activate"> | Node<"gated">, context: TwinContext): Twin =>
  context.seeded[0] !== true
    ? frozenGate(n as Node, context)
    : {
        kind: "parts",
        exactness: "rule",
        needs: [0],
        build: (partsOf, layout) => context.rule.split(partsOf(0), neuronsOf(n, context.shapeOf(n as Expr)), layout),
      };

/** With only `up` seeded, gated() is a product with the frozen factor activation(gate). */
const frozenGate = (n: Node, context: TwinContext): Twin => {
  const { activation } = n.params as { readonly activation: Activation };
  const [gate, up] = n.inputs as readonly [Expr, Expr];
  // The factor and the product are new here; both have the shape of the whole.
  const shapeOf = (): Shape => context.shapeOf(n as Expr);
  return linearTwin(
    { op: "mul", params: {}, inputs: [node("activate", { activation }, gate), up] },
    { ...context, shapeOf },
  );
};

const inside = (n: Node): Twin => none(`${n.op} is itself the product of a decomposition`);

export const twins: Twins = {
  input: linearTwin,
  weight: linearTwin,
  constant: linearTwin,
  iota: linearTwin,
  size: linearTwin,
  neg: linearTwin,
  exp: linearTwin,
  log: linearTwin,
  sqrt: linearTwin,
  sin: linearTwin,
  cos: linearTwin,
  tanh: linearTwin,
  erf: linearTwin,
  roundF32: linearTwin,
  add: linearTwin,
  sub: linearTwin,
  mul: linearTwin,
  div: linearTwin,
  maximum: linearTwin,
  less: linearTwin,
  equal: linearTwin,
  where: linearTwin,
  sum: linearTwin,
  max: linearTwin,
  matmul: linearTwin,
  reshape: linearTwin,
  transpose: linearTwin,
  broadcast: linearTwin,
  slice: linearTwin,
  concat: linearTwin,
  gather: linearTwin,
  scatterAdd: linearTwin,
  freeze: frozen,
  linear: linearTwin,
  softmax: linearTwin,
  logSumExp: linearTwin,
  rmsScale: linearTwin,
  layerScale: linearTwin,
  rmsNorm: expandFirst,
  layerNorm: expandFirst,
  activate: ruled,
  gated: ruled,
  rope: linearTwin,
  attentionWeights: frozen,
  attend: linearTwin,
  topK: linearTwin,
  toExperts: linearTwin,
  fromExperts: linearTwin,
  tokenParts: inside,
  addToPart: inside,
  split: inside,
  tokenRows: inside,
  seedRows: inside,
  attendRows: inside,
  addToRows: inside,
  splitRows: inside,
  partsAt: inside,
  unpackRows: inside,
};
