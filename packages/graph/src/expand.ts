// The meaning of every composite: its expression in simpler ops, from its inputs and their shapes. A backend that has
// a kernel of its own for a composite is tested against this.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type Dim, minus, plus, type Shape, times } from "./dim.ts";
import type { Fault } from "./error.ts";
import { type Expr, type Graph, type Node, node } from "./expr.ts";
import type { Activation, CompositeName, Special } from "./op.ts";
import { rowCount } from "./rows.ts";
import { check, type Shapes } from "./shape.ts";
import * as s from "./syntax.ts";
import { applyRow, isComposite, type Table } from "./table.ts";
import { nodesOf, rewrite } from "./traverse.ts";

/** Below this WGSL keeps no promise about infinities; it stands for "minus infinity" in every mask. */
const MASKED = -3e38;
/** A remainder's gate input smaller than this counts as no input (published DePass code, `epsilon`). */
export const REMAINDER_EPSILON = 1e-5;

type Rows = Table<readonly [shapes: readonly Shape[]], Expr, CompositeName>;
type XY = readonly [Expr, Expr];
type XYZ = readonly [Expr, Expr, Expr];

const width = (shape: Shape | undefined): Expr => s.size(shape?.at(-1) ?? 1);
const mean = (x: Expr, shape: Shape | undefined): Expr => s.div(s.sum(-1)(x), width(shape));
const inverseRoot = (x: Expr, eps: number): Expr => s.div(1, s.sqrt(s.add(x, eps)));
const square = (x: Expr): Expr => s.mul(x, x);
const not = (x: Expr): Expr => s.sub(1, x);
const magnitude = (x: Expr): Expr => s.maximum(x, s.neg(x));

/** An index along the axis that stands `axes` before the end, ready to broadcast. */
const indexAlong = (size: Dim, axes: number): Expr =>
  s.reshape(1, [size, ...new Array<number>(axes).fill(1)])(s.iota(size));

/** z / (1 + exp(-z)); below -80 the denominator would overflow f32 and the value is 0 to rounding anyway. */
const silu = (z: Expr): Expr => s.div(z, s.add(1, s.exp(s.neg(s.maximum(z, -80)))));
const half = (z: Expr, shape: Expr): Expr => s.mul(s.mul(z, 0.5), s.add(1, shape));

export const activations: Readonly<Record<Activation, (z: Expr) => Expr>> = {
  silu,
  relu: (z) => s.maximum(z, 0),
  gelu: (z) => half(z, s.erf(s.mul(z, Math.SQRT1_2))),
  geluTanh: (z) => half(z, s.tanh(s.mul(Math.sqrt(2 / Math.PI), s.add(z, s.mul(0.044715, s.mul(z, square(z))))))),
};

/** `[…, T, K, F] → […, H, T, F]`: each of K heads serves H/K neighbours. */
const headsOf = (x: Expr, heads: Dim, shape: Shape): Expr => {
  const [tokens, groups, columns] = shape.slice(-3) as unknown as readonly [Dim, number, Dim];
  const each = (heads as number) / groups;
  return pipe(
    x,
    s.transpose([-2, -3, -1]),
    s.reshape(3, [groups, 1, tokens, columns]),
    s.broadcast([groups, each, tokens, columns]),
    s.reshape(4, [heads, tokens, columns]),
  );
};

/** Softmax's numerically safe form: the largest is subtracted first, which changes nothing. */
const softmaxed = (x: Expr): Expr => {
  const e = s.exp(s.sub(x, s.max(-1)(x)));
  return s.div(e, s.sum(-1)(e));
};

/**
 * The parts' gate inputs as the published code conditions them (method.md): part 0 has 1 at token 0 and, when
 * ignored, 0 elsewhere; a remainder below epsilon has 0; where every part has 0 the remainder has 1.
 */
export const conditioned = (gate: Expr, shape: Shape, special: Special, remainder: Dim): Expr => {
  const [parts, tokens] = shape as readonly [Dim, Dim];
  const part = indexAlong(parts, 2);
  const first = s.equal(part, 0);
  const atFirst = s.equal(indexAlong(tokens, 1), 0);
  const rest = s.equal(part, s.size(remainder));
  const seen = special === "ignore" ? s.where(first, 0, gate) : gate;
  const kept = s.where(s.mul(first, atFirst), 1, seen);
  const sure = s.where(s.mul(rest, s.less(magnitude(kept), REMAINDER_EPSILON)), 0, kept);
  const silent = s.equal(s.max(-3)(magnitude(sure)), 0);
  return s.where(s.mul(rest, silent), 1, sure);
};

const softmaxShares = (g: Expr, temperature: number): Expr => {
  const present = not(s.equal(g, 0));
  const scaled = s.where(present, s.div(g, temperature), MASKED);
  const e = s.where(present, s.exp(s.sub(scaled, s.max(-3)(scaled))), 0);
  return s.div(e, s.sum(-3)(e));
};

type Packed = { readonly tokens: Dim; readonly extras: number };

/** First row of token n: n(n+1)/2 + n·extras. */
const firstRows = (n: Expr, extras: number): Expr => s.add(s.div(s.mul(n, s.add(n, 1)), 2), s.mul(n, extras));

/** `[R]`: which token each packed row belongs to, by counting the tokens that begin at or before it. */
const tokenOfRow = ({ tokens, extras }: Packed): Expr => {
  const row = s.iota(rowCount(tokens, extras));
  const begun = s.less(firstRows(indexAlong(tokens, 1), extras), s.add(row, 0.5));
  return s.sub(s.reshape(2, [rowCount(tokens, extras)])(s.sum(-2)(begun)), 1);
};

/** `[R]`: which part each packed row is; extras are the parts T, T+1, …. */
const partOfRow = (p: Packed): Expr => {
  const token = tokenOfRow(p);
  const place = s.sub(s.iota(rowCount(p.tokens, p.extras)), firstRows(token, p.extras));
  return s.where(s.less(token, place), s.add(s.sub(place, s.add(token, 1)), s.size(p.tokens)), place);
};

const partCount = (p: Packed): Dim => plus(p.tokens, p.extras);

/** `[T + extras, T, …] → [R, …]`. */
const packed = (dense: Expr, rest: Shape, p: Packed): Expr => {
  const index = s.add(s.mul(partOfRow(p), s.size(p.tokens)), tokenOfRow(p));
  const flat = s.reshape(2 + rest.length, [times(partCount(p), p.tokens), ...rest])(dense);
  return s.gather(-1 - rest.length, index)(flat);
};

/** `[R, …] → [T + extras, T, …]`; where a part cannot reach, a row of zeros behind the others is read. */
const unpacked = (rows: Expr, rest: Shape, p: Packed): Expr => {
  const count = rowCount(p.tokens, p.extras);
  const part = indexAlong(partCount(p), 1);
  const token = s.iota(p.tokens);
  const named = s.where(s.less(token, part), s.size(count), s.add(firstRows(token, p.extras), part));
  const extra = s.add(s.add(firstRows(token, p.extras), s.add(token, 1)), s.sub(part, s.size(p.tokens)));
  const index = s.where(s.less(part, s.size(p.tokens)), named, extra);
  const zeros = s.broadcast([1, ...rest])(s.scalar(0));
  return s.gather(-1 - rest.length, index)(s.concat(-1 - rest.length, rows, zeros));
};

const rest = (shape: Shape | undefined): Shape => shape?.slice(1) ?? [];

const expansions: Rows = {
  linear: ({ inputs: [x, w] }) => s.matmul(x as Expr, s.transpose([-1, -2])(w as Expr)),
  softmax: ({ inputs: [x] }) => softmaxed(x as Expr),
  rmsScale: ({ params, inputs: [x] }, [shape]) => inverseRoot(mean(square(x as Expr), shape), params.eps),
  layerScale: ({ params, inputs: [x] }, [shape]) =>
    inverseRoot(mean(square(s.sub(x as Expr, mean(x as Expr, shape))), shape), params.eps),
  rmsNorm: ({ params, inputs }) => {
    const [x, gain] = inputs as XY;
    return s.mul(s.mul(x, s.freeze(node("rmsScale", params, x))), gain);
  },
  layerNorm: ({ params, inputs }, [shape]) => {
    const [x, gain, shift] = inputs as XYZ;
    const scale = s.freeze(node("layerScale", params, x));
    return s.add(s.mul(s.mul(s.sub(x, mean(x, shape)), scale), gain), shift);
  },
  activate: ({ params, inputs: [z] }) => activations[params.activation](z as Expr),
  gated: ({ params, inputs }) => {
    const [gate, up] = inputs as XY;
    return s.mul(activations[params.activation](gate), up);
  },
  rope: ({ inputs }, [shape]) => {
    const [x, cos, sin] = inputs as XYZ;
    const [tokens, , columns] = (shape as Shape).slice(-3) as unknown as readonly [Dim, Dim, number];
    const perHead = s.reshape(2, [tokens, 1, columns / 2]);
    const [a, b] = [s.slice(-1, 0, columns / 2)(x), s.slice(-1, columns / 2, columns / 2)(x)];
    const turned = (p: Expr, q: Expr): Expr => s.add(s.mul(p, perHead(cos)), s.mul(q, perHead(sin)));
    return s.concat(-1, turned(a, s.neg(b)), turned(b, a));
  },
  attentionWeights: ({ params, inputs }, [shapeQ, shapeK]) => {
    const [q, k] = inputs as XY;
    const [queries, heads] = shapeQ as readonly [Dim, Dim];
    const keys = (shapeK as Shape)[0] as Dim;
    const scores = s.mul(
      s.matmul(s.transpose([-2, -3, -1])(q), s.transpose([-1, -2])(headsOf(k, heads, shapeK as Shape))),
      params.scale,
    );
    const position = s.add(indexAlong(queries, 1), s.size(minus(keys, queries)));
    return s.freeze(softmaxed(s.where(s.less(position, s.iota(keys)), MASKED, scores)));
  },
  attend: ({ inputs }, [weights, v]) => {
    const values = headsOf(inputs[1] as Expr, (weights as Shape)[0] as Dim, v as Shape);
    return s.transpose([-2, -3, -1])(s.matmul(inputs[0] as Expr, values));
  },

  tokenParts: ({ params, inputs: [x] }, [shape]) => {
    const tokens = (shape as Shape)[0] as Dim;
    return s.mul(x as Expr, s.equal(indexAlong(plus(tokens, params.extras), 2), indexAlong(tokens, 1)));
  },
  addToPart: ({ params, inputs }, [shape]) => {
    const [parts, c] = inputs as XY;
    return s.add(parts, s.mul(s.equal(indexAlong((shape as Shape)[0] as Dim, params.rank), s.size(params.part)), c));
  },
  softmaxSplit: ({ params, inputs }, [shape]) => {
    const [gate, neurons] = inputs as XY;
    const g = conditioned(gate, shape as Shape, params.special, params.remainder);
    return s.mul(softmaxShares(g, params.temperature), neurons);
  },

  tokenRows: ({ params, inputs: [x] }, [shape]) => s.gather(-(shape as Shape).length, tokenOfRow(params))(x as Expr),
  seedRows: ({ params, inputs: [x] }, [shape]) =>
    packed(node("tokenParts", { extras: params.extras }, x as Expr), rest(shape), params),
  attendRows: ({ params, inputs }, [weights, v]) => {
    const [, groups, columns] = v as readonly [Dim, Dim, Dim];
    const dense = node("attend", {}, inputs[0] as Expr, unpacked(inputs[1] as Expr, [groups, columns], params));
    return packed(dense, [(weights as Shape)[0] as Dim, columns], params);
  },
  addToRows: ({ params, inputs }, [shape]) => {
    const [rows, c] = inputs as XY;
    const part = plus(params.tokens, params.part);
    const dense = node("addToPart", { part, rank: (shape as Shape).length }, unpacked(rows, rest(shape), params), c);
    return packed(dense, rest(shape), params);
  },
  softmaxSplitRows: ({ params, inputs }, [shape]) => {
    const [gate, neurons] = inputs as XY;
    const { temperature, special, tokens } = params;
    const remainder = plus(tokens, params.remainder);
    const dense = unpacked(gate, rest(shape), params);
    return packed(node("softmaxSplit", { temperature, special, remainder }, dense, neurons), rest(shape), params);
  },
  partsAt: ({ params, inputs }, [shape]) => {
    const [rows, position] = inputs as XY;
    return s.gather(-(shape as Shape).length, position)(unpacked(rows, rest(shape), params));
  },
  unpackRows: ({ params, inputs: [rows] }, [shape]) => unpacked(rows as Expr, rest(shape), params),
};

type Composite = { readonly [K in CompositeName]: Node<K> }[CompositeName];

/** One composite as simpler ops, some of them possibly composites again. */
export const expandNode = (composite: Composite, shapes: readonly Shape[]): Expr =>
  applyRow(expansions as unknown as Table<readonly [readonly Shape[]], Expr>, composite, shapes);

/**
 * The graph with the chosen composites (all, unless told) replaced by their meaning, again and again until none is left.
 * The outermost node of an expansion takes over the composite's site.
 */
export const expand = (graph: Graph, chosen: (x: Expr) => boolean = () => true): E.Either<readonly Fault[], Graph> => {
  const due = (x: Expr): boolean => isComposite(x) && chosen(x);
  if (!nodesOf(graph).some(due)) return E.right(graph);
  return pipe(
    check(graph),
    E.chain((shapes: Shapes) =>
      expand(
        rewrite(graph, (now, old) => (due(old) ? expandedAt(now as Composite, old, shapes) : now)),
        chosen,
      ),
    ),
  );
};

const expandedAt = (now: Composite, old: Expr, shapes: Shapes): Expr => {
  const meaning = expandNode(
    now,
    old.inputs.map((i) => shapes.get(i) as Shape),
  );
  return old.site === undefined ? meaning : { ...meaning, site: old.site };
};
