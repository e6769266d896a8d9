// What a session's model and a file have in common: a graph made ready to be lowered, tensors that go in and out, and the
// message around the nodes.
import {
  type Dim,
  type Expr,
  expand,
  type Fault,
  type Graph,
  type Shape,
  type Shapes,
  share,
  showDim,
  simplify,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Builder, Value } from "./builder.ts";
import { needsExpansion } from "./lower.ts";
import { as } from "./lowering.ts";
import { type DimProto, elementTypes, type ModelProto, type ValueInfo } from "./proto.ts";
import { leanSplits } from "./splits.ts";

export type Leaf = Extract<Expr, { op: "input" | "weight" }>;

export type Output = { readonly tensor: string; readonly shape: Shape; readonly type: "f32" | "i32" };

const OPSET = 18;
const IR_VERSION = 9;

export const isLeaf = (x: Expr): x is Leaf => x.op === "input" || x.op === "weight";

/** Inputs and weights, each name once. */
export const leavesIn = (shapes: Shapes): readonly Leaf[] => [
  ...new Map([...shapes.keys()].filter(isLeaf).map((n) => [n.params.name, n])).values(),
];

/** Composites that ONNX lacks are expanded, equal nodes shared. Faults: a misshapen graph. */
export const lowerable = (graph: Graph): E.Either<readonly Fault[], Graph> =>
  pipe(
    expand(graph, (x) => needsExpansion(x) && x.op !== "split"),
    E.chain(leanSplits),
    E.chain((g) => expand(g, needsExpansion)),
    E.chain((g) => simplify(share(g))),
    E.map(share),
  );

const dimProto = (d: Dim): DimProto => (typeof d === "number" ? { value: d } : { param: showDim(d) });

export const valueInfo = (name: string, type: keyof typeof elementTypes, shape: Shape): ValueInfo => ({
  name,
  type: { tensor: { elementType: elementTypes[type], shape: { dims: shape.map(dimProto) } } },
});

export const leafInfo = ({ params }: Leaf): ValueInfo =>
  valueInfo(params.name, "dtype" in params ? params.dtype : "f32", params.shape);

/** The tensor of each output, by the name it is to have or one of its own: a leaf, or a value again, is copied. */
export const namedOutputs = (
  graph: Graph,
  shapes: Shapes,
  values: Readonly<Record<string, Value>>,
  b: Builder,
  nameOf: (output: string) => string | undefined = () => undefined,
): Readonly<Record<string, Output>> => {
  const own = new Set(b.nodes.flatMap((n) => n.outputs));
  const outputs = Object.entries(graph).map(([name, x]): readonly [string, Output] => {
    const value = values[name] as Value;
    const type = value.type === "i32" ? "i32" : "f32";
    const held = as(b, value, type);
    const wanted = nameOf(name);
    const fits = wanted === undefined ? held !== value.name || own.delete(held) : held === wanted;
    const tensor = fits ? held : b.emit("Identity", [held], [], wanted);
    return [name, { tensor, shape: shapes.get(x) as Shape, type }];
  });
  return Object.fromEntries(outputs);
};

export const modelProto = (
  { nodes, initializers }: Pick<Builder, "nodes" | "initializers">,
  inputs: readonly ValueInfo[],
  outputs: Readonly<Record<string, Output>>,
  about: Pick<ModelProto, "producerVersion" | "docString" | "metadata"> = {},
): ModelProto => ({
  irVersion: IR_VERSION,
  producerName: "depass",
  ...about,
  opsets: [{ domain: "", version: OPSET }],
  graph: {
    name: "depass",
    nodes,
    initializers,
    inputs,
    outputs: Object.values(outputs).map(({ tensor, type, shape }) => valueInfo(tensor, type, shape)),
  },
});
