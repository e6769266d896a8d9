// The immutable expression: an op, its parameters, its inputs and, where it matters, a site: a name for this place in
// the model. A graph is named outputs. Equality is identity; sharing a node is how a value is used twice.
import type { OpName, Ops } from "./op.ts";

export type Node<K extends OpName = OpName> = {
  readonly op: K;
  readonly params: Ops[K];
  readonly inputs: readonly Expr[];
  readonly site?: string;
};

export type Expr = { readonly [K in OpName]: Node<K> }[OpName];

export type Graph = Readonly<Record<string, Expr>>;

/** Makes a node; the constructors in syntax.ts and nn.ts are the readable way. */
export const node = <K extends OpName>(op: K, params: Ops[K], ...inputs: readonly Expr[]): Expr =>
  ({ op, params, inputs }) as unknown as Expr;

/** The same expression under a name: what `decompose`, `show` and errors call this place. */
export const at =
  (site: string) =>
  (x: Expr): Expr => ({ ...x, site });

/** The same expression without its name. */
export const unnamed = ({ site: _, ...rest }: Expr): Expr => rest as Expr;

/** The same node over other inputs. */
export const withInputs = (x: Expr, inputs: readonly Expr[]): Expr =>
  inputs.every((input, i) => input === x.inputs[i]) ? x : ({ ...x, inputs } as Expr);

export const isExpr = (x: Expr | Graph): x is Expr => typeof x.op === "string";

/** A single expression counts as a graph with the output `output`. */
export const toGraph = (x: Expr | Graph): Graph => (isExpr(x) ? { output: x } : x);

/** `linear at layer.3.mlp`: how errors name a node. */
export const nameOf = (x: Expr): string => (x.site === undefined ? x.op : `${x.op} at ${x.site}`);
