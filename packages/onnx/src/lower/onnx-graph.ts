// A graph of the language as the nodes of an ONNX graph.
import { applyRow, type Expr, type Graph, internal, type Shape, type Shapes } from "@depass/graph";
import type { Builder, Value } from "./builder.ts";
import { fuse } from "./fuse.ts";
import { lowerings } from "./lower.ts";
import { as, type Lowering } from "./lowering.ts";

/** Lowers every output; gives the tensor that holds it, as it is: ids stay int32, conditions bool. */
export const lowerGraph = (
  graph: Graph,
  shapes: Shapes,
  builder: Builder,
  nameOf: (x: Expr) => string | undefined = () => undefined,
): Readonly<Record<string, Value>> => {
  const values = new Map<Expr, Value>();
  const numbers = new Map<Value, string>();
  const valueOf = (x: Expr): Value => values.get(x) ?? internal(`${x.op} is read before it is lowered`);
  const numberOf = (v: Value): string => {
    const found = numbers.get(v) ?? as(builder, v, "f32");
    numbers.set(v, found);
    return found;
  };
  for (const [n, form] of fuse(graph, shapes)) {
    const reads = form?.reads ?? n.inputs;
    const operand = (i: number): Value => valueOf(reads[i] as Expr);
    const context: Lowering = {
      builder,
      operand,
      number: (i) => numberOf(operand(i)),
      shapeOf: (x) => shapes.get(x) as Shape,
      shape: shapes.get(n) as Shape,
      name: nameOf(n),
    };
    values.set(n, form === undefined ? applyRow(lowerings, n, context) : form.emit(context));
  }
  return Object.fromEntries(Object.entries(graph).map(([name, x]) => [name, valueOf(x)]));
};
