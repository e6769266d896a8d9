// How does each op go through rows in tiles? One row an op; what has none reads its inputs as packed rows (retile.ts).
import {
  add,
  broadcast,
  concat,
  type Dim,
  type Expr,
  input,
  mul,
  type Node,
  type Overrides,
  plus,
  reshape,
  type Shape,
  sameDim,
  slice,
  unnamed,
  withInputs,
} from "@depass/graph";
import { mixedInBlocks } from "./blocks.ts";
import {
  type Form,
  isExtra,
  isFirst,
  isOwn,
  ofTokens,
  owned,
  partsAtToken,
  type Rows,
  settled,
  type Tiler,
  unpackedRows,
} from "./form.ts";
import { mixed, perKey } from "./mix.ts";
import { exactShares, leanShares } from "./shares.ts";
import { rowsOfChunk, type Tiling } from "./tiling.ts";

/** How a rows value lies between two graphs: the names that stand for it. */
export type Place = { readonly head?: string; readonly chunks: readonly string[] };

/** The names that stand for a rows value of that name. */
export const placeOf = ({ head, chunks }: Tiling, name: string): Place => ({
  chunks: chunks.map((_, c) => `${name}.${c}`),
  ...(head && { head: `${name}.head` }),
});

/** What a rule knows of a node: its inputs as they lie, their shapes and its own. */
export type Context = {
  readonly tiler: Tiler;
  readonly forms: readonly Form[];
  readonly shapes: readonly Shape[];
  readonly shape: Shape;
  readonly lean: boolean;
  readonly checks: Expr[];
  readonly isTiled: (input: string) => boolean;
};
type Rules = Overrides<readonly [context: Context], Form | undefined>;

export const dense = (x: Expr): Form => ({ kind: "dense", x });

const bare = (n: Node, ...inputs: readonly Expr[]): Expr => withInputs(unnamed(n as Expr), inputs);

/** Every piece of some rows, changed alike. */
const each = (rows: Rows, f: (x: Expr, chunk: number | undefined) => Expr): Rows => ({
  ...rows,
  chunks: rows.chunks.map(f),
  ...(rows.head && { head: { ...rows.head, x: f(rows.head.x, undefined) } }),
});

/** Linear ops that treat every row alike; they commute with the factor and with "zero but at token 0". */
const rowwise = (n: Node, { forms }: Context): Form | undefined => {
  const [rows, ...others] = forms;
  if (rows?.kind !== "rows" || others.some((f) => f.kind !== "dense")) return undefined;
  const operands = others.map((f) => (f as { readonly x: Expr }).x);
  return each(rows, (x) => bare(n, x, ...operands));
};

const reshaped = (n: Node<"reshape">, c: Context): Form | undefined => {
  const [rows] = c.forms;
  const rank = c.shapes[0]?.length ?? 0;
  if (rows?.kind !== "rows") return undefined;
  if (n.params.rank < rank) return rowwise(n as Node, c);
  if (n.params.rank > rank || !sameDim(n.params.to[0] ?? 0, c.shapes[0]?.[0] ?? 0)) return undefined;
  const { tiling } = c.tiler;
  const to = (chunk: number | undefined): Shape => [
    chunk === undefined ? tiling.tokens : rowsOfChunk(tiling, chunk),
    ...n.params.to.slice(1),
  ];
  return each(rows, (x, chunk) => reshape(rank, to(chunk))(x));
};

/** Whether a value per token is one number. */
const isScalar = (shape: Shape): boolean => shape.slice(1).every((d) => d === 1);

const scaled = (n: Node<"mul">, { forms, shapes, shape, tiler }: Context): Form | undefined => {
  const side = forms.findIndex((f) => f.kind === "rows");
  const [rows, other] = [forms[side], forms[1 - side]];
  if (rows?.kind !== "rows" || other === undefined || other.kind === "rows") return undefined;
  const otherShape = shapes[1 - side] as Shape;
  if (other.kind === "dense")
    return otherShape.length < shape.length || otherShape[0] === 1
      ? each(rows, (x) => bare(n as Node, ...(side === 0 ? [x, other.x] : [other.x, x])))
      : undefined;
  if (isScalar(otherShape)) {
    const own = reshape(otherShape.length, [tiler.tiling.tokens, 1])(other.x);
    return { ...rows, factor: rows.factor === undefined ? own : mul(rows.factor, own) };
  }
  if (otherShape.length !== shape.length) return undefined;
  return each(rows, (x, chunk) =>
    mul(x, chunk === undefined ? other.x : ofTokens(tiler, chunk, other.x, otherShape.length)),
  );
};

const summed = (n: Node<"add"> | Node<"sub">, { forms, shape, tiler }: Context): Form | undefined => {
  if (forms.some((f) => f.kind !== "rows")) return undefined;
  const [a, b] = forms.map((f) => settled(tiler, f as Rows, shape.length)) as [Rows, Rows];
  return {
    kind: "rows",
    chunks: a.chunks.map((x, i) => bare(n as Node, x, b.chunks[i] as Expr)),
    ...(a.head && b.head && { head: { x: bare(n as Node, a.head.x, b.head.x), at: "all" as const } }),
  };
};

/** All pieces in one: a product each would bring few rows to each expert, and a node per expert and piece. */
const routed = (n: Node, { forms, tiler }: Context): Form | undefined => {
  const [rows, maps, chosen] = forms;
  if (rows?.kind !== "rows" || maps?.kind !== "dense" || chosen?.kind !== "tokens") return undefined;
  const { tiling } = tiler;
  const pieces = [
    ...(rows.head === undefined ? [] : [{ x: rows.head.x, chosen: chosen.x, size: tiling.tokens }]),
    ...rows.chunks.map((x, c) => ({ x, chosen: ofTokens(tiler, c, chosen.x, 2), size: rowsOfChunk(tiling, c) })),
  ];
  const whole = bare(n, concat(-2, ...pieces.map((p) => p.x)), maps.x, concat(-2, ...pieces.map((p) => p.chosen)));
  let start: Dim = 0;
  const results = pieces.map(({ size }) => {
    const piece = slice(-2, start, size)(whole);
    start = plus(start, size);
    return piece;
  });
  const [head, chunks] = rows.head === undefined ? [undefined, results] : [results[0] as Expr, results.slice(1)];
  return { ...rows, chunks, ...(rows.head && head && { head: { ...rows.head, x: head } }) };
};

/** One row for each op that rows can go through as they lie; undefined where this one cannot. */
export const rules: Rules = {
  input: ({ params }, { tiler, isTiled }) => {
    if (!isTiled(params.name)) return undefined;
    const place = placeOf(tiler.tiling, params.name);
    const rest = params.shape.slice(1);
    return {
      kind: "rows",
      chunks: owned(
        tiler,
        place.chunks.map((name, c) => input(name, [rowsOfChunk(tiler.tiling, c), ...rest])),
      ),
      ...(place.head !== undefined && {
        head: { x: input(place.head, [tiler.tiling.tokens, ...rest]), at: "all" as const },
      }),
    };
  },
  tokenRows: (_, { forms: [x] }) => (x?.kind === "dense" ? { kind: "tokens", x: x.x } : undefined),
  seedRows: (_, { forms: [x], tiler }) => {
    if (x?.kind !== "dense") return undefined;
    const chunks = tiler.tiling.chunks.map((_, c) => mul(ofTokens(tiler, c, x.x, 2), isOwn(tiler, c)));
    return {
      kind: "rows",
      chunks: owned(tiler, chunks),
      ...(tiler.tiling.head && { head: { x: mul(x.x, isFirst(tiler)), at: "all" as const } }),
    };
  },
  linear: rowwise as never,
  neg: rowwise as never,
  sum: (n, c) => (-n.params.axis < (c.shapes[0]?.length ?? 0) ? rowwise(n as Node, c) : undefined),
  slice: (n, c) => (-n.params.axis < (c.shapes[0]?.length ?? 0) ? rowwise(n as Node, c) : undefined),
  reshape: reshaped,
  mul: scaled,
  add: summed,
  sub: summed,
  toExperts: routed as never,
  fromExperts: routed as never,
  attendRows: (_, { forms: [weights, v], shapes, tiler }) => {
    if (weights?.kind !== "dense" || v?.kind !== "rows" || v.head?.at === "first") return undefined;
    const [heads, [, K, F]] = shapes as unknown as readonly [readonly [number], readonly [Dim, number, number]];
    const mix = tiler.tiling.apart ? mixedInBlocks : mixed;
    return mix(tiler, perKey(weights.x, v.factor, tiler.tiling.tokens), v, { H: heads[0], K, F });
  },
  addToRows: ({ params }, { forms: [rows, c], shape, tiler }) => {
    if (rows?.kind !== "rows" || c?.kind !== "dense" || !tiler.tiling.kept.includes(params.part)) return undefined;
    const spread = broadcast([tiler.tiling.tokens, ...shape.slice(1)])(c.x);
    const whole = settled(tiler, rows, shape.length);
    const ones = new Array<number>(shape.length - 1).fill(1);
    return {
      ...whole,
      chunks: whole.chunks.map((x, chunk) => {
        const place = reshape(2, [rowsOfChunk(tiler.tiling, chunk), ...ones])(isExtra(tiler, chunk, params.part));
        return add(x, mul(ofTokens(tiler, chunk, spread, shape.length), place));
      }),
    };
  },
  splitRows: ({ params }, { forms: [gate, neurons], shape, tiler, lean, checks }) => {
    if (gate?.kind !== "rows" || neurons?.kind !== "dense" || gate.head?.at === "first") return undefined;
    const width = shape[1] as Dim;
    const shares = (lean ? leanShares : exactShares)(tiler, gate, neurons.x, params, width);
    checks.push(...shares.checks);
    return shares.rows;
  },
  partsAt: ({ params }, { forms: [rows, position], shapes, tiler }) => {
    const [asked = 1] = shapes[1] as Shape;
    if (rows?.kind !== "rows" || position?.kind !== "dense") return undefined;
    const rest = (shapes[0] as Shape).slice(1);
    const whole = settled(tiler, rows, rest.length + 1);
    return dense(partsAtToken(tiler, whole, rest, plus(params.tokens, params.extras), position.x, asked));
  },
  unpackRows: ({ params }, { forms: [rows], shapes, tiler }) => {
    if (rows?.kind !== "rows") return undefined;
    const rest = (shapes[0] as Shape).slice(1);
    const whole = settled(tiler, rows, rest.length + 1);
    return dense(unpackedRows(tiler, whole, rest, plus(params.tokens, params.extras)));
  },
};
