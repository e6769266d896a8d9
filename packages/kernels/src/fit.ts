// A graph as kernels can take it: no kernel binds more buffers than every device has, and products read floats only. What
// it computes stays the same.
import { concat, type Expr, type Graph, mul, type Node, rewrite, withInputs } from "@depass/graph";

/** Seven operands and a result: every WebGPU device binds eight storage buffers. */
export const mostOperands = 7;

/** Joined in groups, and the groups again, until few enough are left. */
const narrowed = ({ params: { axis } }: Node<"concat">, inputs: readonly Expr[]): readonly Expr[] => {
  if (inputs.length <= mostOperands) return inputs;
  const groups = Array.from({ length: Math.ceil(inputs.length / mostOperands) }, (_, g) =>
    inputs.slice(g * mostOperands, (g + 1) * mostOperands),
  );
  const joined = groups.map((group) => (group.length === 1 ? (group[0] as Expr) : concat(axis, ...group)));
  return narrowed({ op: "concat", params: { axis }, inputs: joined }, joined);
};

const isWhole = (x: Expr): boolean => {
  let behind = x;
  while (behind.op === "reshape" || behind.op === "freeze") behind = behind.inputs[0] as Expr;
  return behind.op === "input" && behind.params.dtype === "i32";
};

/** Times one: a step of its own, whose result is f32. */
const asFloats = (x: Expr): Expr => (isWhole(x) ? mul(x, 1) : x);

export const fitGraph = (graph: Graph): Graph =>
  rewrite(graph, (n) => {
    if (n.op === "linear") return n.inputs.some(isWhole) ? withInputs(n, n.inputs.map(asFloats)) : n;
    if (n.op === "toExperts" || n.op === "fromExperts") {
      const [x, maps, chosen] = n.inputs as readonly [Expr, Expr, Expr];
      return withInputs(n, [asFloats(x), asFloats(maps), chosen]);
    }
    return n.op === "concat" ? withInputs(n, narrowed(n, n.inputs)) : n;
  });
