// The shape rule of every composite.
import * as E from "fp-ts/lib/Either.js";
import { type Dim, plus, type Shape, sameShape, showDim, showShape, times } from "../dim.ts";
import type { CompositeName } from "../op.ts";
import { rowCount } from "../rows.ts";
import type { Table } from "../table.ts";
import { alike, broadcasted, dividesInto, misfit, ok, type ShapeArgs, type Shaped, when } from "./misfit.ts";

type One = readonly [Shape];
type Two = readonly [Shape, Shape];
type Three = readonly [Shape, Shape, Shape];
type Packed = { readonly tokens: Dim; readonly extras: number };

const same = (_: unknown, inputs: readonly Shape[]): Shaped => ok((inputs as One)[0]);

/** One row in, itself or one number out; gain and shift have the row's width. */
const normed =
  (out: "row" | "scale") =>
  (_: unknown, [x = [], ...affine]: readonly Shape[]): Shaped => {
    const fits = x.length > 0 && affine.every((s) => s.length === 1 && alike(s[0], x.at(-1)));
    return when(fits, out === "row" ? x : [...x.slice(0, -1), 1], affine.length > 0 ? "[…, D] and [D]" : "[…, D]", [
      x,
      ...affine,
    ]);
  };

/** Values of `tokens` sources, mixed into `rows` results. */
const mixed = (weights: Shape, v: Shape, tokens: Dim | undefined, rows: Dim | undefined, wanted: string): Shaped => {
  const [heads, , keys] = weights;
  const [, groups, width] = v.slice(-3);
  const fits = weights.length === 3 && v.length >= 3 && alike(keys, tokens) && dividesInto(groups, heads);
  return when(fits && typeof width === "number", [...v.slice(0, -3), rows ?? 0, heads ?? 0, width ?? 0], wanted, [
    weights,
    v,
  ]);
};

/** One of a counted number of places; symbolic ones are checked in bounds.ts. */
const within = (place: Dim, count: Dim | undefined): boolean =>
  typeof place !== "number" ||
  (Number.isInteger(place) && place >= 0 && !(typeof count === "number" && place >= count));

const isCount = (extras: number): boolean => Number.isInteger(extras) && extras >= 0;

const counted = (extras: number, use: () => Shaped): Shaped =>
  isCount(extras) ? use() : misfit("a whole number of extras", `${extras}`);

const onRows = (x: Shape, { tokens, extras }: Packed, use: () => Shaped): Shaped =>
  counted(extras, () => {
    const count = rowCount(tokens, extras);
    return alike(x[0], count) ? use() : misfit(`[${showDim(count)}, …]`, showShape(x));
  });

const onTokens = (x: Shape, { tokens, extras }: Packed): Shaped =>
  counted(extras, () =>
    when(alike(x[0], tokens), [rowCount(tokens, extras), ...x.slice(1)], `[${showDim(tokens)}, …]`, [x]),
  );

/** The parts if the summand spreads over one part without making it larger. */
const spreadOver = (one: Shape, c: Shape, parts: Shape, fits: boolean, wanted: string): Shaped =>
  E.chain((whole: Shape) => when(fits && sameShape(whole, one), parts, wanted, [parts, c]))(broadcasted(one, c));

const shared = (gate: Shape, neurons: Shape, one: Shape, temperature: number, fits: boolean): Shaped =>
  temperature > 0
    ? when(fits && sameShape(one, neurons), gate, "parts [M, T, I] and neurons [T, I]", [gate, neurons])
    : misfit("a temperature above 0", `${temperature}`);

/** Each row through the maps that its token has chosen. */
const routed = ([x, experts, chosen]: Three, fits: boolean, out: Dim | undefined, wanted: string): Shaped => {
  const ranks = x.length >= 2 && experts.length === 3 && chosen.length === 2;
  const shape = [...x.slice(0, -1), out ?? 0];
  return when(ranks && fits && alike(x.at(-2), chosen[0]), shape, `${wanted} and [T, k]`, [x, experts, chosen]);
};

export const compositeShapes: Table<ShapeArgs, Shaped, CompositeName> = {
  linear: (_, inputs) => {
    const [x, w] = inputs as Two;
    const fits = w.length === 2 && x.length > 0 && alike(x.at(-1), w[1]);
    return when(fits, [...x.slice(0, -1), w[0] ?? 0], "[…, D] and [N, D]", [x, w]);
  },
  softmax: normed("row"),
  logSumExp: normed("scale"),
  rmsScale: normed("scale"),
  layerScale: normed("scale"),
  rmsNorm: normed("row"),
  layerNorm: normed("row"),
  activate: same,
  gated: (_, inputs) => {
    const [gate, up] = inputs as Two;
    return when(sameShape(gate, up), gate, "gate and up of one shape", [gate, up]);
  },
  rope: (_, inputs) => {
    const [x, cos, sin] = inputs as Three;
    const [tokens = 0, heads, width] = x.slice(-3);
    const even = typeof width === "number" && width % 2 === 0 && typeof heads === "number";
    const fits = even && sameShape(cos, [tokens, width / 2]) && sameShape(sin, cos);
    return when(fits && x.length >= 3, x, "[T, H, F] and tables [T, F/2]", [x, cos, sin]);
  },
  attentionWeights: ({ params: { window = 1, softcap = 1 } }, inputs) => {
    const [q, k] = inputs as Two;
    if (!(Number.isInteger(window) && window > 0)) return misfit("a window of one key or more", `${window}`);
    if (!(softcap > 0)) return misfit("a softcap above 0", `${softcap}`);
    const [queries = 0, heads = 0, width] = q;
    const fits = q.length === 3 && k.length === 3 && alike(width, k[2]) && typeof width === "number";
    const wanted = "[T, H, F] and [T, K, F] with H a multiple of K";
    return when(fits && dividesInto(k[1], heads), [heads, queries, k[0] ?? 0], wanted, [q, k]);
  },
  attend: (_, inputs) => {
    const [weights, v] = inputs as Two;
    return mixed(weights, v, v.at(-3), weights[1], "[H, T, T] and […, T, K, F] with H a multiple of K");
  },
  topK: ({ params: { k } }, inputs) => {
    const [x] = inputs as One;
    const count = x.at(-1);
    const fits = count !== undefined && Number.isInteger(k) && k > 0 && !(typeof count === "number" && k > count);
    return when(fits, [...x.slice(0, -1), k], `[…, N] with N of at least ${k}`, [x]);
  },
  toExperts: (_, inputs) => {
    const [x, experts, chosen] = inputs as Three;
    const [, neurons, width] = experts;
    return routed(inputs as Three, alike(x.at(-1), width), times(chosen[1] ?? 0, neurons ?? 0), "[…, T, D], [E, I, D]");
  },
  fromExperts: (_, inputs) => {
    const [x, experts, chosen] = inputs as Three;
    const [, width, neurons] = experts;
    const fits = alike(x.at(-1), times(chosen[1] ?? 0, neurons ?? 0));
    return routed(inputs as Three, fits, width, "[…, T, k·I], [E, D, I]");
  },

  tokenParts: ({ params: { extras } }, inputs) => {
    const [x] = inputs as One;
    return counted(extras, () => when(x.length === 2, [plus(x[0] ?? 0, extras), ...x], "[T, D]", [x]));
  },
  addToPart: ({ params: { part, rank } }, inputs) => {
    const [parts, c] = inputs as Two;
    const fits = parts.length === rank + 1 && within(part, parts[0]);
    const wanted = `[M, …] with a part ${showDim(part)} and ${rank} further axes, and a summand of one part`;
    return spreadOver(parts.slice(1), c, parts, fits, wanted);
  },
  split: ({ params: { temperature, remainder } }, inputs) => {
    const [gate, neurons] = inputs as Two;
    const fits = gate.length === 3 && within(remainder, gate[0]);
    return shared(gate, neurons, gate.slice(1), temperature, fits);
  },
  tokenRows: ({ params }, inputs) => onTokens((inputs as One)[0], params),
  seedRows: ({ params }, inputs) => {
    const [x] = inputs as One;
    return x.length === 2 ? onTokens(x, params) : misfit("[T, D]", showShape(x));
  },
  attendRows: ({ params }, inputs) => {
    const [weights, v] = inputs as Two;
    const wanted = `square weights [H, T, T] and [R, K, F] with H a multiple of K`;
    return onRows(v, params, () =>
      alike(weights[1], params.tokens) && v.length === 3
        ? mixed(weights, v, params.tokens, v[0], wanted)
        : misfit(wanted, `${showShape(weights)} and ${showShape(v)}`),
    );
  },
  addToRows: ({ params }, inputs) => {
    const [rows, c] = inputs as Two;
    const wanted = `rows with an extra ${params.part}, and a summand of one part`;
    const one = [params.tokens, ...rows.slice(1)];
    return onRows(rows, params, () => spreadOver(one, c, rows, within(params.part, params.extras), wanted));
  },
  splitRows: ({ params }, inputs) => {
    const [gate, neurons] = inputs as Two;
    const fits = gate.length === 2 && within(params.remainder, params.extras);
    const one = [params.tokens, ...gate.slice(1)];
    return onRows(gate, params, () => shared(gate, neurons, one, params.temperature, fits));
  },
  partsAt: ({ params }, inputs) => {
    const [rows, position] = inputs as Two;
    return onRows(rows, params, () => ok([plus(params.tokens, params.extras), ...position, ...rows.slice(1)]));
  },
  unpackRows: ({ params }, inputs) => {
    const [rows] = inputs as One;
    return onRows(rows, params, () => ok([plus(params.tokens, params.extras), params.tokens, ...rows.slice(1)]));
  },
};
