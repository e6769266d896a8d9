// A graph as an ONNX model for a session, and what each run must feed it beside its inputs: the sizes that shapes depend on,
// as int64 tensors, and values that follow from sizes alone (masks, index and rotary tables), computed on the host.
import {
  check,
  type Dim,
  type Expr,
  expand,
  type Fault,
  fold,
  type Graph,
  input,
  mapOutputs,
  rewrite,
  type Shape,
  type Shapes,
  share,
  showDim,
  simplify,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { newBuilder, type Value } from "./builder.ts";
import { as, needsExpansion } from "./lower.ts";
import { lowerGraph } from "./onnx-graph.ts";
import { type DimProto, elementTypes, encodeModel, type ModelProto, type ValueInfo } from "./proto.ts";

export type Output = { readonly tensor: string; readonly shape: Shape; readonly type: "f32" | "i32" };

export type Program = {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What runs, with closed values as inputs. */
  readonly graph: Graph;
  readonly shapes: Shapes;
  readonly inputs: readonly Extract<Expr, { op: "input" | "weight" }>[];
  /** Int64 tensors of sizes by name. */
  readonly sizes: readonly { readonly name: string; readonly dims: readonly Dim[] }[];
  /** Values without inputs by name. */
  readonly closed: readonly { readonly name: string; readonly expr: Expr }[];
  /** By the graph's names. */
  readonly outputs: Readonly<Record<string, Output>>;
};

const OPSET = 18;
const IR_VERSION = 9;

const isLeaf = (x: Expr): x is Extract<Expr, { op: "input" | "weight" }> => x.op === "input" || x.op === "weight";

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

const dimProto = (d: Dim): DimProto => (typeof d === "number" ? { value: d } : { param: showDim(d) });

const valueInfo = (name: string, type: keyof typeof elementTypes, shape: Shape): ValueInfo => ({
  name,
  type: { tensor: { elementType: elementTypes[type], shape: { dims: shape.map(dimProto) } } },
});

/** Graph outputs need names of their own: a leaf or a second name for one value is copied. */
const namedOutputs = (
  graph: Graph,
  shapes: Shapes,
  values: Readonly<Record<string, Value>>,
  b: ReturnType<typeof newBuilder>,
  nameOf: (output: string) => string | undefined,
): Program["outputs"] => {
  const own = new Set(b.nodes.flatMap((n) => n.outputs));
  const outputs = Object.entries(graph).map(([name, x]): readonly [string, Output] => {
    const value = values[name] as Value;
    const type = value.type === "i32" ? "i32" : "f32";
    const held = as(b, value, type);
    const wanted = nameOf(name);
    const free = held !== value.name || own.delete(held);
    const tensor = free && (wanted === undefined || wanted === held) ? held : b.emit("Identity", [held], [], wanted);
    return [name, { tensor, shape: shapes.get(x) as Shape, type }];
  });
  return Object.fromEntries(outputs);
};

/** Composites that ONNX lacks are expanded, equal nodes shared. Faults: a misshapen graph. */
const lowered = (graph: Graph): E.Either<readonly Fault[], Graph> =>
  pipe(
    expand(graph, needsExpansion),
    E.chain((g) => simplify(share(g))),
    E.map(share),
  );

/** Faults: a misshapen graph. */
export const program = (source: Graph): E.Either<readonly Fault[], Program> =>
  pipe(
    lowered(source),
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
  const outputs = namedOutputs(graph, shapes, values, builder, () => undefined);
  const inputs = [...new Map([...shapes.keys()].filter(isLeaf).map((n) => [n.params.name, n])).values()];
  const model: ModelProto = {
    irVersion: IR_VERSION,
    producerName: "depass",
    opsets: [{ domain: "", version: OPSET }],
    graph: {
      name: "depass",
      nodes: builder.nodes,
      initializers: builder.initializers,
      inputs: [
        ...inputs.map((n) => valueInfo(n.params.name, "dtype" in n.params ? n.params.dtype : "f32", n.params.shape)),
        ...sizes.map(({ name, dims }) => valueInfo(name, "i64", [dims.length])),
      ],
      outputs: Object.values(outputs).map(({ tensor, type, shape }) => valueInfo(tensor, type, shape)),
    },
  };
  return { bytes: encodeModel(model), graph, shapes, inputs, sizes, closed, outputs };
};
