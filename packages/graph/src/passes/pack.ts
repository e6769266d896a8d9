// Causal parts without their zeros: part m of a token seed is zero at every token before m, so half of `[M, T, …]` is.
// This pass carries such parts as packed rows `[R, …]` (rows.ts) through every op that allows it; where one does not, the
// rows are unpacked, which is always right. What a run computes stays the same.
import * as E from "fp-ts/lib/Either.js";
import { type Dim, minus, type Shape, sameDim } from "../dim.ts";
import type { Fault } from "../error.ts";
import { type Expr, type Graph, type Node, node, unnamed, withInputs } from "../expr.ts";
import { rowCount } from "../rows.ts";
import { check } from "../shape.ts";
import { applyOverride, type Overrides } from "../table.ts";
import { mapOutputs, nodesOf } from "../traverse.ts";

type Layout = { readonly tokens: Dim; readonly extras: number };
/** A value of the packed graph: dense as before, or rows that stand for `[T + extras, T, …]`. */
type Form =
  | { readonly kind: "dense"; readonly x: Expr }
  | { readonly kind: "rows"; readonly x: Expr; readonly layout: Layout };
type Context = { readonly forms: readonly Form[]; readonly shapes: readonly Shape[]; readonly shape: Shape };
type Rules = Overrides<readonly [context: Context], Form | undefined>;

const dense = (x: Expr): Form => ({ kind: "dense", x });
const rows = (layout: Layout, x: Expr): Form => ({ kind: "rows", x, layout });

const unpackedForm = (form: Form): Expr => (form.kind === "dense" ? form.x : node("unpackRows", form.layout, form.x));

const bare = (n: Node, inputs: readonly Expr[]): Expr => withInputs(unnamed(n as Expr), inputs);

/** Same op on the rows, for ops that leave the part and token axes alone. */
const rowwise =
  (untouched: (n: Node, rank: number) => boolean) =>
  (n: Node, { forms, shapes }: Context): Form | undefined => {
    const [first, ...others] = forms;
    const wholeRank = (shapes[0] as Shape).length - 1;
    if (first?.kind !== "rows" || others.some((f) => f.kind === "rows") || !untouched(n, wholeRank)) return undefined;
    return rows(
      first.layout,
      bare(
        n,
        forms.map((f) => f.x),
      ),
    );
  };

const always = rowwise(() => true);
const onAxis = rowwise((n, rank) => -(n.params as { readonly axis: number }).axis < rank);

/** A factor without a parts axis, as it meets the rows: repeated for each of a token's rows if it has a token axis. */
const factor = (form: Form, shape: Shape, rank: number, layout: Layout): Expr | undefined => {
  if (form.kind === "rows" || shape.length > rank) return undefined;
  if (shape.length < rank || shape[0] === 1) return form.x;
  return sameDim(shape[0] as Dim, layout.tokens) ? node("tokenRows", layout, form.x) : undefined;
};

/** Rows times (or over) a factor. */
const scaled =
  (sides: readonly number[]) =>
  (n: Node, { forms, shapes }: Context): Form | undefined => {
    const side = sides.find((i) => forms[i]?.kind === "rows");
    const own = side === undefined ? undefined : (forms[side] as Form);
    if (side === undefined || own?.kind !== "rows") return undefined;
    const other = factor(
      forms[1 - side] as Form,
      shapes[1 - side] as Shape,
      (shapes[side] as Shape).length - 1,
      own.layout,
    );
    return other === undefined ? undefined : rows(own.layout, bare(n, side === 0 ? [own.x, other] : [other, own.x]));
  };

const sameLayout = (a: Layout, b: Layout): boolean => a.extras === b.extras && sameDim(a.tokens, b.tokens);

const summed = (n: Node, { forms }: Context): Form | undefined => {
  const [a, b] = forms as readonly [Form, Form];
  return a.kind === "rows" && b.kind === "rows" && sameLayout(a.layout, b.layout)
    ? rows(a.layout, bare(n, [a.x, b.x]))
    : undefined;
};

/** A part behind the tokens, as its place among the extras. */
const extraOf = (part: Dim, { tokens }: Layout): number | undefined => {
  const place = minus(part, tokens);
  return typeof place === "number" && place >= 0 ? place : undefined;
};

/** Only causal weights keep a part out of the tokens before its own, and only square ones have a row for each token. */
const isCausal = (weights: Expr, shape: Shape): boolean => {
  let behind = weights;
  while (behind.op === "freeze") behind = behind.inputs[0] as Expr;
  return behind.op === "attentionWeights" && sameDim(shape.at(-1) ?? 0, shape.at(-2) ?? 0);
};

/** Each row has the experts of its token. */
const routed = (n: Node, { forms }: Context): Form | undefined => {
  const [x, experts, chosen] = forms as readonly [Form, Form, Form];
  return x.kind === "rows" && experts.kind === "dense" && chosen.kind === "dense"
    ? rows(x.layout, bare(n, [x.x, experts.x, node("tokenRows", x.layout, chosen.x)]))
    : undefined;
};

const rules: Rules = {
  tokenParts: ({ params, inputs }, { forms, shapes }) => {
    const layout = { tokens: (shapes[0] as Shape)[0] as Dim, extras: params.extras };
    return inputs.length === 1 && forms[0]?.kind === "dense"
      ? rows(layout, node("seedRows", layout, forms[0].x))
      : undefined;
  },
  linear: rowwise((_, rank) => rank > 1),
  neg: always,
  add: summed,
  sub: summed,
  mul: scaled([0, 1]),
  div: scaled([0]),
  sum: onAxis,
  slice: onAxis,
  reshape: (n, context) => {
    const form = context.forms[0];
    const rank = (context.shapes[0] as Shape).length - 1;
    if (form?.kind !== "rows") return undefined;
    if (n.params.rank < rank) return always(n as Node, context);
    if (n.params.rank > rank || !sameDim(n.params.to[0] ?? 0, form.layout.tokens)) return undefined;
    const to = [rowCount(form.layout.tokens, form.layout.extras), ...n.params.to.slice(1)];
    return rows(form.layout, node("reshape", { rank, to }, form.x));
  },
  attend: ({ inputs }, { forms, shapes }) => {
    const [weights, v] = forms as readonly [Form, Form];
    return weights.kind === "dense" && v.kind === "rows" && isCausal(inputs[0] as Expr, shapes[0] as Shape)
      ? rows(v.layout, node("attendRows", v.layout, weights.x, v.x))
      : undefined;
  },
  toExperts: routed,
  fromExperts: routed,
  addToPart: ({ params }, { forms }) => {
    const [parts, c] = forms as readonly [Form, Form];
    if (parts.kind === "dense" || c.kind === "rows") return undefined;
    const part = extraOf(params.part, parts.layout);
    return part === undefined
      ? undefined
      : rows(parts.layout, node("addToRows", { ...parts.layout, part }, parts.x, c.x));
  },
  split: ({ params }, { forms }) => {
    const [gate, neurons] = forms as readonly [Form, Form];
    if (gate.kind === "dense" || neurons.kind === "rows") return undefined;
    const remainder = extraOf(params.remainder, gate.layout);
    return remainder === undefined
      ? undefined
      : rows(gate.layout, node("splitRows", { ...params, ...gate.layout, remainder }, gate.x, neurons.x));
  },
  gather: ({ params }, { forms, shapes }) => {
    const [parts, index] = forms as readonly [Form, Form];
    const ofToken = params.axis === 1 - (shapes[0] as Shape).length && (shapes[1] as Shape).length === 1;
    return parts.kind === "rows" && index.kind === "dense" && ofToken
      ? dense(node("partsAt", parts.layout, parts.x, index.x))
      : undefined;
  },
};

/** Faults are those of check(): only a well-shaped graph can be packed. */
export const pack = (graph: Graph): E.Either<readonly Fault[], Graph> =>
  E.map((shapes: ReadonlyMap<Expr, Shape>) => {
    const forms = new Map<Expr, Form>();
    for (const n of nodesOf(graph)) forms.set(n, formOf(n, forms, shapes));
    return mapOutputs(graph, (x) => unpackedForm(forms.get(x) as Form));
  })(check(graph));

const formOf = (n: Expr, known: ReadonlyMap<Expr, Form>, shapes: ReadonlyMap<Expr, Shape>): Form => {
  const forms = n.inputs.map((i) => known.get(i) as Form);
  const context = { forms, shape: shapes.get(n) as Shape, shapes: n.inputs.map((i) => shapes.get(i) as Shape) };
  const form = applyOverride(rules, n, context);
  if (form === undefined) return dense(withInputs(n, forms.map(unpackedForm)));
  return n.site === undefined ? form : { ...form, x: { ...form.x, site: n.site } as Expr };
};
