// Constructors of the primitives: data last, so that they read in a `pipe`. Binary ones take both operands.
import { type DimLike, dim, dims } from "./dim.ts";
import { type Expr, node } from "./expr.ts";

/** A tensor given at each run: `input("tokens", ["T"], "i32")`. */
export const input = (name: string, shape: readonly DimLike[], dtype: "f32" | "i32" = "f32"): Expr =>
  node("input", { name, shape: dims(shape), dtype });

/** A checkpoint's tensor; linear maps are stored `[out, in]`. */
export const weight = (name: string, shape: readonly DimLike[]): Expr => node("weight", { name, shape: dims(shape) });

export const constant = (values: readonly number[], shape: readonly number[] = [values.length]): Expr =>
  node("constant", { shape, values });

export const scalar = (value: number): Expr => constant([value], []);

export const iota = (size: DimLike): Expr => node("iota", { size: dim(size) });

/** A size as a number of the graph. */
export const size = (of: DimLike): Expr => node("size", { of: dim(of) });

const unary =
  (op: "neg" | "exp" | "log" | "sqrt" | "sin" | "cos" | "tanh" | "erf" | "roundF32" | "freeze") =>
  (x: Expr): Expr =>
    node(op, {}, x);

export const neg = unary("neg");
export const exp = unary("exp");
export const log = unary("log");
export const sqrt = unary("sqrt");
export const sin = unary("sin");
export const cos = unary("cos");
export const tanh = unary("tanh");
export const erf = unary("erf");
export const roundF32 = unary("roundF32");
/** Marks a factor that decompose() takes from the whole, as DePass does with norm scales and attention weights. */
export const freeze = unary("freeze");

const binary =
  (op: "add" | "sub" | "mul" | "div" | "maximum" | "less" | "equal") =>
  (a: Expr | number, b: Expr | number): Expr =>
    node(op, {}, operand(a), operand(b));

const operand = (x: Expr | number): Expr => (typeof x === "number" ? scalar(x) : x);

export const add = binary("add");
export const sub = binary("sub");
export const mul = binary("mul");
export const div = binary("div");
export const maximum = binary("maximum");
export const less = binary("less");
export const equal = binary("equal");

/** `a` where the condition is not 0, else `b`. */
export const where = (condition: Expr, a: Expr | number, b: Expr | number): Expr =>
  node("where", {}, condition, operand(a), operand(b));

export const sum =
  (axis: number) =>
  (x: Expr): Expr =>
    node("sum", { axis }, x);
export const max =
  (axis: number) =>
  (x: Expr): Expr =>
    node("max", { axis }, x);

export const matmul = (a: Expr, b: Expr): Expr => node("matmul", {}, a, b);

/** The last `rank` axes read anew as `to`. */
export const reshape =
  (rank: number, to: readonly DimLike[]) =>
  (x: Expr): Expr =>
    node("reshape", { rank, to: dims(to) }, x);

/** `transpose([-1, -2])` swaps the last two axes. */
export const transpose =
  (order: readonly number[]) =>
  (x: Expr): Expr =>
    node("transpose", { order }, x);

export const broadcast =
  (to: readonly DimLike[]) =>
  (x: Expr): Expr =>
    node("broadcast", { to: dims(to) }, x);

export const slice =
  (axis: number, start: DimLike, length: DimLike) =>
  (x: Expr): Expr =>
    node("slice", { axis, start: dim(start), size: dim(length) }, x);

export const concat = (axis: number, ...parts: readonly Expr[]): Expr => node("concat", { axis }, ...parts);

export const gather =
  (axis: number, index: Expr) =>
  (x: Expr): Expr =>
    node("gather", { axis }, x, index);

/** Adds each place of `index` into a table of that size: `scatterAdd(-2, V, ids)` takes `[T, D]` to `[V, D]`. */
export const scatterAdd =
  (axis: number, length: DimLike, index: Expr) =>
  (x: Expr): Expr =>
    node("scatterAdd", { axis, size: dim(length) }, x, index);
