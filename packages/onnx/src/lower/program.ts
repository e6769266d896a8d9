// A graph as an ONNX model for a session, and what each run must feed it beside its inputs: the sizes that shapes depend on,
// as int64 tensors, and values that follow from sizes alone (masks, index and rotary tables), computed on the host.
import {
  check,
  type Dim,
  type Expr,
  type Fault,
  fold,
  type Graph,
  input,
  mapOutputs,
  rewrite,
  type Shape,
  type Shapes,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { newBuilder } from "./builder.ts";
import {
  isLeaf,
  type Leaf,
  leafInfo,
  leavesIn,
  lowerable,
  modelProto,
  namedOutputs,
  type Output,
  valueInfo,
} from "./model.ts";
import { lowerGraph } from "./onnx-graph.ts";
import { encodeModel } from "./proto.ts";

export type Program = {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many nodes of ONNX it has. */
  readonly nodes: number;
  /** What runs, with closed values as inputs. */
  readonly graph: Graph;
  readonly shapes: Shapes;
  readonly inputs: readonly Leaf[];
  /** Int64 tensors of sizes by name. */
  readonly sizes: readonly { readonly name: string; readonly dims: readonly Dim[] }[];
  /** Values without inputs by name. */
  readonly closed: readonly { readonly name: string; readonly expr: Expr }[];
  /** By the graph's names. */
  readonly outputs: Readonly<Record<string, Output>>;
};

/** Whether a node depends on sizes but on no tensor; constants alone are left to the model. */
const closedNodes = (graph: Graph): ReadonlySet<Expr> => {
  const kinds = fold<"constant" | "closed" | "open">(graph, (n, inputs) => {
    if (isLeaf(n) || inputs.includes("open")) return "open";
    return n.op === "iota" || n.op === "size" || n.op === "broadcast" || inputs.includes("closed")
      ? "closed"
      : "constant";
  });
  return new Set([...kinds].flatMap(([n, kind]) => (kind === "closed" ? [n] : [])));
};

const CLOSED = "closed.";

/** Closed values that open nodes or outputs read become inputs `closed.N`. */
const withoutClosed = (graph: Graph, shapes: Shapes): readonly [Graph, Program["closed"]] => {
  const isClosed = closedNodes(graph);
  const found: { name: string; expr: Expr }[] = [];
  const stands = new Map<Expr, Expr>();
  const standIn = (x: Expr): Expr => {
    if (!isClosed.has(x)) return x;
    const made = stands.get(x) ?? input(`${CLOSED}${found.length}`, shapes.get(x) as Shape);
    if (!stands.has(x)) found.push({ name: `${CLOSED}${found.length}`, expr: x });
    stands.set(x, made);
    return made;
  };
  const bare = rewrite(graph, (now, old) =>
    isClosed.has(old)
      ? old
      : ({
          ...now,
          inputs: now.inputs.map((x, i) => (isClosed.has(old.inputs[i] as Expr) ? standIn(old.inputs[i] as Expr) : x)),
        } as Expr),
  );
  return [mapOutputs(bare, standIn), found];
};

/** Faults: a misshapen graph. */
export const program = (source: Graph): E.Either<readonly Fault[], Program> =>
  pipe(
    lowerable(source),
    E.bindTo("whole"),
    E.bind("found", ({ whole }) => check(whole)),
    E.bind("split", ({ whole, found }) => E.right(withoutClosed(whole, found))),
    E.bind("shapes", ({ split }) => check(split[0])),
    E.map(({ split: [graph, closed], shapes }) => encoded(graph, shapes, closed)),
  );

const encoded = (graph: Graph, shapes: Shapes, closed: Program["closed"]): Program => {
  const sizes: { name: string; dims: readonly Dim[] }[] = [];
  const builder = newBuilder((dims) => {
    const name = `size.${sizes.length}`;
    sizes.push({ name, dims });
    return name;
  });
  const values = lowerGraph(graph, shapes, builder);
  const outputs = namedOutputs(graph, shapes, values, builder);
  const inputs = leavesIn(shapes);
  const fed = [...inputs.map(leafInfo), ...sizes.map(({ name, dims }) => valueInfo(name, "i64", [dims.length]))];
  const model = modelProto(builder, fed, outputs);
  return { bytes: encodeModel(model), nodes: builder.nodes.length, graph, shapes, inputs, sizes, closed, outputs };
};
