// Tokens through the maps that they have chosen. ONNX has no product with a matrix per row, so rows are brought together by
// their map: for each map the places that chose it (NonZero), their rows (Gather), one product; then all results are put back
// in order. A map that nobody chose multiplies no rows.
import { type Dim, type Expr, type Node, product, type Shape, times } from "@depass/graph";
import type { Builder, Value } from "./builder.ts";
import { as, f32, type Lowering } from "./lowering.ts";
import { int } from "./proto.ts";

/** Places of the k largest; ONNX takes the first of equal ones too. */
export const topK = ({ params: { k } }: Node<"topK">, c: Lowering): Value => {
  const attributes = [int("axis", -1), int("largest", 1), int("sorted", 1)];
  const [, places = ""] = c.builder.emitAll("TopK", [c.number(0), c.builder.int64s([k])], attributes, 2);
  return { name: places, type: "i64" };
};

type Way = {
  /** For each map the places, counted in rows times slots, that chose it: int64 `[n]`. */
  readonly places: readonly string[];
  /** Where the result of each place stands when those of all maps lie one after the other: `[R·k]`. */
  readonly back: string;
};

/** `chosen` `[T, k]` repeated for the axes in front of T. Maps of a layer are chosen together: the way is found once. */
const wayOf = (b: Builder, chosen: Value, maps: number, lead: Shape, [tokens, slots]: readonly [Dim, Dim]): Way => {
  const key = `${chosen.name} ${maps} ${b.sizes([...lead, tokens, slots])}`;
  const known = found.get(b) ?? new Map<string, Way>();
  found.set(b, known);
  const made = known.get(key) ?? newWay(b, chosen, maps, [...lead, tokens, slots]);
  known.set(key, made);
  return made;
};

const found = new WeakMap<Builder, Map<string, Way>>();

const newWay = (b: Builder, chosen: Value, maps: number, shape: Shape): Way => {
  const all = b.sizes([product(shape)]);
  const repeated = b.emit("Expand", [as(b, chosen, "i64"), b.sizes(shape)]);
  const flat = b.emit("Reshape", [repeated, all]);
  const line = b.int64s([-1]);
  const places = Array.from({ length: maps }, (_, e) => {
    const isChosen = b.emit("Equal", [flat, b.int64s([e], [])]);
    return b.emit("Reshape", [b.emit("NonZero", [isChosen]), line]);
  });
  const order = b.emit("Concat", places, [int("axis", 0)]);
  const count = b.emit("Reshape", [all, b.int64s([], [0])]);
  const numbers = b.emit("Range", [b.int64s([0], []), count, b.int64s([1], [])]);
  return { places, back: b.emit("ScatterElements", [order, order, numbers], [int("axis", 0)]) };
};

export type Routed = Extract<Expr, { op: "toExperts" | "fromExperts" }>;

/** `maps` are the matrices by themselves, each `[outs, inner]`. */
const routed = (n: Routed, x: string, chosen: Value, maps: readonly string[], c: Lowering): Value => {
  const { builder: b } = c;
  const [shape, [, outs, inner], own] = n.inputs.map((i) => c.shapeOf(i)) as unknown as readonly [
    Shape,
    readonly [Dim, Dim, Dim],
    readonly [Dim, Dim],
  ];
  const way = wayOf(b, chosen, maps.length, shape.slice(0, -2), own);
  const [rows, slots] = [product(shape.slice(0, -1)), own[1]];
  // A row stands once for all its slots, or has a share for each.
  const isShared = n.op === "toExperts";
  const flat = b.emit("Reshape", [x, b.sizes([isShared ? rows : times(rows, slots), inner])]);
  const results = maps.map((map, e) => {
    const places = way.places[e] as string;
    const taken = isShared ? b.emit("Div", [places, b.sizes([slots])]) : places;
    return b.emit("Gemm", [b.emit("Gather", [flat, taken], [int("axis", 0)]), map], [int("transB", 1)]);
  });
  const ordered = b.emit("Gather", [b.emit("Concat", results, [int("axis", 0)]), way.back], [int("axis", 0)]);
  if (isShared) return f32(b.emit("Reshape", [ordered, b.sizes(c.shape)], [], c.name));
  const perSlot = b.emit("Reshape", [ordered, b.sizes([rows, slots, outs])]);
  const sum = b.emit("ReduceSum", [perSlot, b.int64s([1])], [int("keepdims", 0)]);
  return f32(b.emit("Reshape", [sum, b.sizes(c.shape)], [], c.name));
};

/** Maps that lie behind each other in one value are cut apart. */
export const routedByStack = (n: Routed, c: Lowering): Value => {
  const { builder: b } = c;
  const [experts] = c.shapeOf(n.inputs[1] as Expr) as readonly [number];
  const maps = Array.from({ length: experts }, (_, e) =>
    b.emit("Gather", [c.number(1), b.int64s([e], [])], [int("axis", 0)]),
  );
  return routed(n, c.number(0), c.operand(2), maps, c);
};

/** The matrices that were stacked, where they were: each is then read where it is, and the stack is never made. */
export const stackedMaps = (stack: Expr, shapeOf: (x: Expr) => Shape): readonly Expr[] | undefined => {
  if (stack.op !== "concat" || stack.params.axis !== -3) return undefined;
  const maps = stack.inputs.map((x) => (x.op === "reshape" ? (x.inputs[0] as Expr) : undefined));
  return maps.every((x, i) => isMatrixIn(x, stack.inputs[i] as Expr, shapeOf)) ? (maps as readonly Expr[]) : undefined;
};

const isMatrixIn = (x: Expr | undefined, unit: Expr, shapeOf: (x: Expr) => Shape): boolean => {
  const [first, ...rest] = shapeOf(unit);
  return x !== undefined && first === 1 && shapeOf(x).length === 2 && shapeOf(x).every((d, i) => d === rest[i]);
};

/** As routedByStack, over reads [x, chosen, map, map, …]. */
export const routedByMaps = (n: Routed, count: number, c: Lowering): Value =>
  routed(
    n,
    c.number(0),
    c.operand(1),
    Array.from({ length: count }, (_, e) => c.number(2 + e)),
    c,
  );
