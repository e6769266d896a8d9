// The pass: a graph of packed rows (graph/passes/pack.ts) as one of dense tiles (tiling.ts). It follows the rows through every
// op that keeps them apart; where one does not, they are laid out as packed rows again, which is always right. What a run
// computes stays the same, but for lean shares (shares.ts), whose checks become outputs of their own.
import {
  add,
  applyOverride,
  broadcast,
  concat,
  type Dim,
  type Expr,
  type Graph,
  input,
  internal,
  mul,
  type Node,
  node,
  nodesOf,
  type Overrides,
  plus,
  reshape,
  type Shape,
  type Shapes,
  sameDim,
  showDim,
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
  repacked,
  settled,
  type Tiler,
  unpackedRows,
} from "./form.ts";
import { mixed, perKey } from "./mix.ts";
import { exactShares, leanShares } from "./shares.ts";
import { rowsOfChunk, type Tables, type Tiling } from "./tiling.ts";

/** How a rows value lies between two graphs: the names that stand for it. */
export type Place = { readonly head?: string; readonly chunks: readonly string[] };

export type Retiled = {
  readonly graph: Graph;
  readonly tables: Tables;
  /** Outputs that are rows in tiles, and inputs that are to be given so. */
  readonly outputs: Readonly<Record<string, Place>>;
  /** Outputs `[1, 1]` that are 0 where the lean tiling was right. */
  readonly checks: readonly string[];
  /** Which nodes begin what a chunk has by itself (apart.ts). */
  readonly owners: ReadonlyMap<Expr, number>;
};

type Context = {
  readonly tiler: Tiler;
  readonly forms: readonly Form[];
  readonly shapes: readonly Shape[];
  readonly shape: Shape;
  readonly lean: boolean;
  readonly checks: Expr[];
  readonly isTiled: (input: string) => boolean;
};
type Rules = Overrides<readonly [context: Context], Form | undefined>;

const dense = (x: Expr): Form => ({ kind: "dense", x });

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

const rules: Rules = {
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

/** The names that stand for a rows value of that name. */
export const placeOf = ({ head, chunks }: Tiling, name: string): Place => ({
  chunks: chunks.map((_, c) => `${name}.${c}`),
  ...(head && { head: `${name}.head` }),
});

/** A value as the ops outside these rules read it. */
const plain = (tiler: Tiler, form: Form, shape: Shape): Expr => {
  if (form.kind === "dense") return form.x;
  const { tokens, extras } = tiler.tiling;
  if (form.kind === "tokens") return node("tokenRows", { tokens, extras }, form.x);
  return repacked(tiler, settled(tiler, form, shape.length), shape);
};

/** The layout of packed rows that a graph has; none where it has several, or none at all. */
export const layoutOf = (graph: Graph): { readonly tokens: Dim; readonly extras: number } | undefined => {
  const found = new Map(
    nodesOf(graph).flatMap((n) => {
      if (!("extras" in n.params && "tokens" in n.params)) return [];
      const { tokens, extras } = n.params;
      return [[`${showDim(tokens)} ${extras}`, { tokens, extras }] as const];
    }),
  );
  return found.size === 1 ? [...found.values()][0] : undefined;
};

/** `tiled` names the inputs that are given as rows in tiles, `packed` the outputs that are wanted as packed rows. */
export const retile = (
  graph: Graph,
  shapes: Shapes,
  tiling: Tiling,
  lean: boolean,
  tiled: ReadonlySet<string>,
  packed: ReadonlySet<string> = new Set(),
): Retiled => {
  const tiler: Tiler = { tiling, tables: {}, owners: new Map() };
  const checks: Expr[] = [];
  const forms = new Map<Expr, Form>();
  const shapeOf = (x: Expr): Shape => shapes.get(x) as Shape;
  for (const n of nodesOf(graph)) {
    const own = n.inputs.map((i) => forms.get(i) as Form);
    const context: Context = {
      tiler,
      forms: own,
      shapes: n.inputs.map(shapeOf),
      shape: shapeOf(n),
      lean,
      checks,
      isTiled: (name) => tiled.has(name),
    };
    const form = applyOverride(rules, n, context);
    forms.set(
      n,
      form ??
        dense(
          withInputs(
            n,
            n.inputs.map((i) => plain(tiler, forms.get(i) as Form, shapeOf(i))),
          ),
        ),
    );
  }
  const outputs: Record<string, Place> = {};
  const made: Record<string, Expr> = {};
  for (const [name, x] of Object.entries(graph)) {
    const form = forms.get(x) as Form;
    if (form.kind !== "rows" || packed.has(name)) {
      made[name] = plain(tiler, form, shapeOf(x));
      continue;
    }
    const whole = settled(tiler, form, shapeOf(x).length);
    const place = placeOf(tiling, name);
    outputs[name] = place;
    place.chunks.forEach((chunk, c) => {
      made[chunk] = whole.chunks[c] as Expr;
    });
    if (place.head !== undefined) made[place.head] = whole.head?.x ?? internal("rows without their head");
  }
  const named = checks.map((x, i) => [`check.${i}`, x] as const);
  return {
    graph: { ...made, ...Object.fromEntries(named) },
    tables: tiler.tables,
    owners: tiler.owners,
    outputs,
    checks: named.map(([name]) => name),
  };
};
