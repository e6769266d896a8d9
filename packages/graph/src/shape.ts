// The shape of every node, with symbolic sizes, or what is wrong with it. check() collects every fault of a graph at once.
import * as E from "fp-ts/lib/Either.js";
import { type Dim, plus, product, type Shape, sameDim, sameShape, showDim, showShape } from "./dim.ts";
import { type Fault, fault } from "./error.ts";
import { type Expr, type Graph, type Node, nameOf } from "./expr.ts";
import type { OpName } from "./op.ts";
import { rowCount } from "./rows.ts";
import { applyRow, type Table } from "./table.ts";
import { fold, nodesOf } from "./traverse.ts";

/** Expected and got, in the house's words; where is added by check(). */
type Misfit = { readonly expected: string; readonly got: string };
type Shaped = E.Either<Misfit, Shape>;

const misfit = (expected: string, got: string): Shaped => E.left({ expected, got });
const ok = (shape: Shape): Shaped => E.right(shape);

/** NumPy broadcasting of two shapes, from the right. */
const broadcasted = (a: Shape, b: Shape): Shaped => {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let i = 1; i <= rank; i++) {
    const x = a.at(-i) ?? 1;
    const y = b.at(-i) ?? 1;
    if (i > a.length || i > b.length || sameDim(x, y) || x === 1 || y === 1)
      out.unshift(i > a.length || x === 1 ? y : x);
    else return misfit("shapes that broadcast", `${showShape(a)} and ${showShape(b)}`);
  }
  return ok(out);
};

type Args = readonly [inputs: readonly Shape[]];
const input = (inputs: readonly Shape[], i: number): Shape => inputs[i] as Shape;

const same = (_: unknown, inputs: readonly Shape[]): Shaped => ok(input(inputs, 0));
const pairwise = (_: unknown, inputs: readonly Shape[]): Shaped => broadcasted(input(inputs, 0), input(inputs, 1));

/** Checks an axis counted from the end and hands on its index. */
const onAxis = (axis: number, x: Shape, use: (index: number, size: Dim) => Shaped): Shaped =>
  Number.isInteger(axis) && axis < 0 && -axis <= x.length
    ? use(x.length + axis, x.at(axis) as Dim)
    : misfit(`an axis between -${x.length} and -1`, `${axis} for ${showShape(x)}`);

const replaced = (x: Shape, index: number, ...by: Shape): Shape => [...x.slice(0, index), ...by, ...x.slice(index + 1)];

const reduced = ({ params }: Node<"sum" | "max">, inputs: readonly Shape[]): Shaped =>
  onAxis(params.axis, input(inputs, 0), (index) => ok(replaced(input(inputs, 0), index, 1)));

const ofRank = (x: Shape, rank: number, what: string, use: () => Shaped): Shaped =>
  x.length >= rank ? use() : misfit(what, showShape(x));

const joined = (a: Shaped, rest: Shape): Shaped => E.map((lead: Shape) => [...lead, ...rest])(a);

const contracted = (a: Shape, b: Shape): Shaped =>
  a.length < 2 || b.length < 2 || !sameDim(a.at(-1) as Dim, b.at(-2) as Dim)
    ? misfit("[…, i, k] and […, k, j]", `${showShape(a)} and ${showShape(b)}`)
    : joined(broadcasted(a.slice(0, -2), b.slice(0, -2)), [a.at(-2) as Dim, b.at(-1) as Dim]);

const reordered = (order: readonly number[], x: Shape): Shaped => {
  const wanted = order.map((_, i) => -1 - i);
  return order.length <= x.length && wanted.every((axis) => order.includes(axis))
    ? ok([...x.slice(0, x.length - order.length), ...order.map((axis) => x.at(axis) as Dim)])
    : misfit(`an order of the axes -1 … -${order.length}`, `[${order.join(", ")}] for ${showShape(x)}`);
};

const concatenated = ({ params }: Node<"concat">, inputs: readonly Shape[]): Shaped => {
  if (inputs.length === 0) return misfit("at least one input", "none");
  return onAxis(params.axis, input(inputs, 0), (index) => {
    const fits = inputs.every((s) => sameShape(replaced(s, index), replaced(input(inputs, 0), index)));
    const total = inputs.reduce((sum: Dim, s) => plus(sum, s[index] as Dim), 0);
    return fits
      ? ok(replaced(input(inputs, 0), index, total))
      : misfit(`inputs alike but for axis ${params.axis}`, inputs.map(showShape).join(" and "));
  });
};

const sliced = ({ params }: Node<"slice">, [x]: readonly Shape[]): Shaped =>
  onAxis(params.axis, x as Shape, (index, whole) => {
    const end = plus(params.start, params.size);
    const outside = typeof end === "number" && typeof whole === "number" && end > whole;
    const negative = [params.start, params.size].some((d) => typeof d === "number" && d < 0);
    return outside || negative
      ? misfit(`a range within ${showDim(whole)}`, `${showDim(params.start)} … ${showDim(end)}`)
      : ok(replaced(x as Shape, index, params.size));
  });

const expectShape = (got: Shape, wanted: string, fits: boolean, shape: Shape): Shaped =>
  fits ? ok(shape) : misfit(wanted, showShape(got));

const normed =
  (affine: number) =>
  (_: unknown, inputs: readonly Shape[]): Shaped => {
    const x = input(inputs, 0);
    const fits = inputs.slice(1, 1 + affine).every((s) => s.length === 1 && sameDim(s[0] as Dim, x.at(-1) as Dim));
    return x.length > 0 && fits ? ok(x) : misfit("[…, D] and [D]", inputs.map(showShape).join(" and "));
  };

const perRow = (_: unknown, [x]: readonly Shape[]): Shaped =>
  ofRank(x as Shape, 1, "[…, D]", () => ok([...(x as Shape).slice(0, -1), 1]));

const attended = (tokens: (v: Shape) => Dim, weights: Shape, v: Shape): Shaped => {
  const [heads, queries, keys] = weights.slice(-3);
  const [source, groups, width] = v.slice(-3);
  const fits =
    weights.length === 3 &&
    v.length >= 3 &&
    sameDim(keys as Dim, tokens(v)) &&
    typeof heads === "number" &&
    typeof groups === "number" &&
    heads % groups === 0;
  const rows = sameDim(source as Dim, keys as Dim) ? (queries as Dim) : (source as Dim);
  return fits
    ? ok([...v.slice(0, -3), rows, heads, width as Dim])
    : misfit("[H, T, T] and […, T, K, F] with H a multiple of K", `${showShape(weights)} and ${showShape(v)}`);
};

const rowsFit = (x: Shape, p: { readonly tokens: Dim; readonly extras: number }, out: Shape): Shaped =>
  expectShape(
    x,
    `[${showDim(rowCount(p.tokens, p.extras))}, …]`,
    sameDim(x[0] ?? 0, rowCount(p.tokens, p.extras)),
    out,
  );

const tokensFit = (x: Shape, p: { readonly tokens: Dim; readonly extras: number }): Shaped =>
  expectShape(x, `[${showDim(p.tokens)}, …]`, sameDim(x[0] ?? 0, p.tokens), [
    rowCount(p.tokens, p.extras),
    ...x.slice(1),
  ]);

const shapes: Table<Args, Shaped> = {
  input: ({ params }) => ok(params.shape),
  weight: ({ params }) => ok(params.shape),
  constant: ({ params }) =>
    params.values.length === params.shape.reduce((a, b) => a * b, 1)
      ? ok(params.shape)
      : misfit(`${params.shape.reduce((a, b) => a * b, 1)} values`, `${params.values.length}`),
  iota: ({ params }) => ok([params.size]),
  size: () => ok([]),
  neg: same,
  exp: same,
  log: same,
  sqrt: same,
  sin: same,
  cos: same,
  tanh: same,
  erf: same,
  roundF32: same,
  freeze: same,
  add: pairwise,
  sub: pairwise,
  mul: pairwise,
  div: pairwise,
  maximum: pairwise,
  less: pairwise,
  equal: pairwise,
  where: (_, [c, a, b]) => E.chain((ab: Shape) => broadcasted(c as Shape, ab))(broadcasted(a as Shape, b as Shape)),
  sum: reduced,
  max: reduced,
  matmul: (_, [a, b]) => contracted(a as Shape, b as Shape),
  reshape: ({ params }, [x]) =>
    ofRank(x as Shape, params.rank, `at least ${params.rank} axes`, () => {
      const lead = (x as Shape).slice(0, (x as Shape).length - params.rank);
      const from = (x as Shape).slice((x as Shape).length - params.rank);
      return sameDim(product(from), product(params.to))
        ? ok([...lead, ...params.to])
        : misfit(`as many elements as ${showShape(params.to)}`, showShape(from));
    }),
  transpose: ({ params }, [x]) => reordered(params.order, x as Shape),
  broadcast: ({ params }, [x]) =>
    E.chain((out: Shape) =>
      sameShape(out.slice(-params.to.length || out.length), params.to)
        ? ok(out)
        : misfit(`a shape that broadcasts to ${showShape(params.to)}`, showShape(x as Shape)),
    )(broadcasted(x as Shape, params.to)),
  slice: sliced,
  concat: concatenated,
  gather: ({ params }, [x, index]) =>
    onAxis(params.axis, x as Shape, (i) => ok(replaced(x as Shape, i, ...(index as Shape)))),

  linear: (_, [x, w]) => {
    const [outs, ins] = w as Shape;
    return (w as Shape).length === 2 && (x as Shape).length > 0 && sameDim((x as Shape).at(-1) as Dim, ins as Dim)
      ? ok([...(x as Shape).slice(0, -1), outs as Dim])
      : misfit("[…, D] and [N, D]", `${showShape(x as Shape)} and ${showShape(w as Shape)}`);
  },
  softmax: same,
  rmsScale: perRow,
  layerScale: perRow,
  rmsNorm: normed(1),
  layerNorm: normed(2),
  activate: same,
  gated: (_, [gate, up]) =>
    expectShape(
      up as Shape,
      `the gate's ${showShape(gate as Shape)}`,
      sameShape(gate as Shape, up as Shape),
      gate as Shape,
    ),
  rope: (_, inputs) => {
    const [x, cos, sin] = inputs as readonly [Shape, Shape, Shape];
    const width = x.at(-1);
    const table: Shape = [x.at(-3) ?? 0, typeof width === "number" ? width / 2 : 0];
    const fits = x.length >= 3 && sameShape(cos, table) && sameShape(sin, table) && Number.isInteger(table[1]);
    return fits ? ok(x) : misfit("[T, H, F] and tables [T, F/2]", inputs.map(showShape).join(" and "));
  },
  attentionWeights: (_, inputs) => {
    const [q, k] = inputs as readonly [Shape, Shape];
    const [h, groups] = [q[1], k[1]];
    const fits =
      q.length === 3 &&
      k.length === 3 &&
      sameDim(q[2] as Dim, k[2] as Dim) &&
      typeof h === "number" &&
      typeof groups === "number" &&
      h % groups === 0;
    return fits
      ? ok([h, q[0] as Dim, k[0] as Dim])
      : misfit("[T, H, F] and [T, K, F] with H a multiple of K", inputs.map(showShape).join(" and "));
  },
  attend: (_, [weights, v]) => attended((s) => s.at(-3) as Dim, weights as Shape, v as Shape),
  tokenParts: ({ params }, [x]) =>
    expectShape(x as Shape, "[T, D]", (x as Shape).length === 2, [
      plus((x as Shape)[0] ?? 0, params.extras),
      ...(x as Shape),
    ]),
  addToPart: ({ params }, [parts, c]) =>
    E.chain((whole: Shape) =>
      sameShape(whole, (parts as Shape).slice(-params.rank)) && (parts as Shape).length === params.rank + 1
        ? ok(parts as Shape)
        : misfit(
            "[M, …] and a summand of one part's shape",
            `${showShape(parts as Shape)} and ${showShape(c as Shape)}`,
          ),
    )(broadcasted((parts as Shape).slice(-params.rank), c as Shape)),
  softmaxSplit: (_, [gate, neurons]) =>
    expectShape(
      neurons as Shape,
      `one part's shape of ${showShape(gate as Shape)}`,
      (gate as Shape).length === 3 && sameShape((gate as Shape).slice(1), neurons as Shape),
      gate as Shape,
    ),
  tokenRows: ({ params }, [x]) => tokensFit(x as Shape, params),
  seedRows: ({ params }, [x]) => tokensFit(x as Shape, params),
  attendRows: ({ params }, [weights, v]) =>
    sameDim((v as Shape)[0] as Dim, rowCount(params.tokens, params.extras))
      ? attended(() => params.tokens, weights as Shape, v as Shape)
      : misfit(`[${showDim(rowCount(params.tokens, params.extras))}, K, F]`, showShape(v as Shape)),
  addToRows: ({ params }, [rows]) => rowsFit(rows as Shape, params, rows as Shape),
  softmaxSplitRows: ({ params }, [gate]) => rowsFit(gate as Shape, params, gate as Shape),
  partsAt: ({ params }, [rows, position]) =>
    rowsFit(rows as Shape, params, [
      plus(params.tokens, params.extras),
      ...(position as Shape),
      ...(rows as Shape).slice(1),
    ]),
  unpackRows: ({ params }, [rows]) =>
    rowsFit(rows as Shape, params, [plus(params.tokens, params.extras), params.tokens, ...(rows as Shape).slice(1)]),
};

/** How many inputs each op takes; concat takes any number. */
const arity: Readonly<Record<OpName, number>> = {
  input: 0,
  weight: 0,
  constant: 0,
  iota: 0,
  size: 0,
  neg: 1,
  exp: 1,
  log: 1,
  sqrt: 1,
  sin: 1,
  cos: 1,
  tanh: 1,
  erf: 1,
  roundF32: 1,
  freeze: 1,
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  maximum: 2,
  less: 2,
  equal: 2,
  where: 3,
  sum: 1,
  max: 1,
  matmul: 2,
  reshape: 1,
  transpose: 1,
  broadcast: 1,
  slice: 1,
  concat: Number.NaN,
  gather: 2,
  linear: 2,
  softmax: 1,
  rmsScale: 1,
  layerScale: 1,
  rmsNorm: 2,
  layerNorm: 3,
  activate: 1,
  gated: 2,
  rope: 3,
  attentionWeights: 2,
  attend: 2,
  tokenParts: 1,
  addToPart: 2,
  softmaxSplit: 2,
  tokenRows: 1,
  seedRows: 1,
  attendRows: 2,
  addToRows: 2,
  softmaxSplitRows: 2,
  partsAt: 2,
  unpackRows: 1,
};

const shapeOfNode = (node: Expr, inputs: readonly Shape[]): Shaped =>
  arity[node.op] >= 0 && node.inputs.length !== arity[node.op]
    ? misfit(`${arity[node.op]} inputs`, `${node.inputs.length}`)
    : applyRow(shapes, node, inputs);

/** Every node of a checked graph with its shape. */
export type Shapes = ReadonlyMap<Expr, Shape>;

/**
 * Shapes of all nodes, or every fault of the graph: misfitting shapes, one name for two inputs, one site for two nodes.
 * A node that stands on a faulty one is not reported again.
 */
export const check = (graph: Graph): E.Either<readonly Fault[], Shapes> => {
  const faults: Fault[] = [...nameFaults(graph)];
  const shapesOf = fold<Shape | undefined>(graph, (node, inputs) => {
    if (inputs.some((s) => s === undefined)) return undefined;
    const shaped = shapeOfNode(node, inputs as readonly Shape[]);
    if (E.isRight(shaped)) return shaped.right;
    faults.push(fault("graph", nameOf(node), shaped.left.expected, shaped.left.got));
    return undefined;
  });
  return faults.length > 0 ? E.left(faults) : E.right(shapesOf as Shapes);
};

/** Two different tensors under one name, two different nodes under one site. */
const nameFaults = (graph: Graph): readonly Fault[] => {
  const leaves = new Map<string, string>();
  const sites = new Set<string>();
  return nodesOf(graph).flatMap((n) => {
    const found: Fault[] = [];
    if (n.site !== undefined && sites.has(n.site))
      found.push(fault("graph", nameOf(n), "a site used once", "the same site on two nodes", "give each its own name"));
    if (n.site !== undefined) sites.add(n.site);
    if (n.op === "input" || n.op === "weight") {
      const kind = `${n.op} ${showShape(n.params.shape)}`;
      const known = leaves.get(n.params.name) ?? kind;
      leaves.set(n.params.name, known);
      if (known !== kind) found.push(fault("graph", `${n.op} ${n.params.name}`, `${known} as before`, kind));
    }
    return found;
  });
};
