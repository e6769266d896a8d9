// A graph as the message of a file, and the tensors that lie beside it. Everything that a session would be fed is in the file:
// sizes come from the shapes of inputs, masks and tables are computed by nodes, weights are cast to f32 where they are stored
// in another type. Pure.
import {
  check,
  checkWeights,
  type Expr,
  type Fault,
  fault,
  type Graph,
  internal,
  rewrite,
  type Shape,
  type Weights,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type Builder, newBuilder } from "../lower/builder.ts";
import { type Leaf, leafInfo, leavesIn, lowerable, modelProto, namedOutputs, type Output } from "../lower/model.ts";
import { lowerGraph } from "../lower/onnx-graph.ts";
import { elementTypes, int, type ModelProto } from "../lower/proto.ts";
import { type Piece, type Placed, placed, reference, splitConstants, storedType, weightPiece } from "./data.ts";
import { namesBeside, namesIn, type Take } from "./names.ts";
import { sizeNodes } from "./sizes.ts";

/** An input or output of the file. */
export type Port = { readonly name: string; readonly dtype: "f32" | "i32"; readonly shape: Shape };

export type Message = {
  readonly model: ModelProto;
  readonly data: readonly Placed[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
};

export type About = Pick<ModelProto, "producerVersion" | "docString" | "metadata">;

type Input = Extract<Leaf, { op: "input" }>;

/** A weight in the file: `stored` lies in the data, `read` is what nodes read. */
type Held = { readonly weight: string; readonly stored: string; readonly read: string };

/** An output may have the name of an input only where it is that input. */
const nameFaults = (graph: Graph, inputs: readonly Input[]): readonly Fault[] => {
  const names = new Set(inputs.map((n) => n.params.name));
  const clashes = Object.entries(graph).filter(
    ([name, x]) => names.has(name) && !(x.op === "input" && x.params.name === name),
  );
  const nameless = [...names, ...Object.keys(graph)].includes("");
  return [
    ...clashes.map(([name]) =>
      fault("onnx", `output ${name}`, "a name that no input has", `an input ${name}`, "rename one of them"),
    ),
    ...(nameless ? [fault("onnx", "graph", "a name for every input and output", "one without", "name it")] : []),
  ];
};

const heldWeights = (leaves: readonly Leaf[], weights: Weights, take: Take): readonly Held[] =>
  leaves.flatMap(({ op, params: { name } }) => {
    const described = op === "weight" ? weights.describe(name) : undefined;
    if (described === undefined) return [];
    const stored = take(name);
    return [{ weight: name, stored, read: storedType(described) === "f32" ? stored : take(`${stored}/f32`) }];
  });

/** The graph over the file's names of its weights. */
const renamed = (graph: Graph, held: readonly Held[]): Graph => {
  const names = new Map(held.map(({ weight, read }) => [weight, read]));
  return rewrite(graph, (n) =>
    n.op === "weight" ? ({ ...n, params: { ...n.params, name: names.get(n.params.name) } } as Expr) : n,
  );
};

const portOf = ({ params: { name, dtype, shape } }: Input): Port => ({ name, dtype, shape });

/** Every weight behind a Cast, where it needs one, before anything reads it. */
const castWeights = (held: readonly Held[], b: Builder): void => {
  for (const { stored, read } of held)
    if (read !== stored) b.emit("Cast", [stored], [int("to", elementTypes.f32)], read);
};

type Bare = {
  readonly graph: Graph;
  readonly inputs: readonly Input[];
  readonly held: readonly Held[];
  readonly take: Take;
};

/** The graph as it is lowered, its names settled. */
const bareGraph = (source: Graph, weights: Weights): E.Either<readonly Fault[], Bare> =>
  pipe(
    lowerable(source),
    E.bindTo("graph"),
    E.bind("shapes", ({ graph }) => check(graph)),
    E.chain(({ graph, shapes }) => {
      const leaves = leavesIn(shapes);
      const inputs = leaves.filter((n): n is Input => n.op === "input");
      const faults = [...checkWeights(graph, weights), ...nameFaults(graph, inputs)];
      if (faults.length > 0) return E.left(faults);
      const take = namesBeside([...inputs.map((n) => n.params.name), ...Object.keys(graph)]);
      const held = heldWeights(leaves, weights, take);
      return E.right({ graph: renamed(graph, held), inputs, held, take });
    }),
  );

const piecesOf = (held: readonly Held[], weights: Weights): readonly Piece[] =>
  held.map(({ weight, stored }) =>
    weightPiece(weight, stored, weights.describe(weight) ?? internal(`weight ${weight} was there`), weights),
  );

/** `location` is what the model calls the data file. Faults: missing weights, sizes that no input tells, names that clash. */
export const message = (
  source: Graph,
  weights: Weights,
  location: string,
  about: About,
): E.Either<readonly Fault[], Message> =>
  pipe(
    bareGraph(source, weights),
    E.bindTo("bare"),
    E.bind("shapes", ({ bare }) => check(bare.graph)),
    E.chain(({ bare: { graph, inputs, held, take }, shapes }) => {
      const names = namesIn(graph, take);
      const sizes = sizeNodes(inputs.map(portOf), take);
      const builder = newBuilder(sizes.source, names.fresh);
      castWeights(held, builder);
      const values = lowerGraph(graph, shapes, builder, names.enter);
      if (sizes.faults().length > 0) return E.left(sizes.faults());
      const outputs = namedOutputs(graph, shapes, values, builder, (name) => name);
      const { inline, pieces } = splitConstants(builder.initializers);
      const data = placed([...piecesOf(held, weights), ...pieces]);
      const initializers = [...inline, ...data.map((d) => reference(d, location))];
      const model = modelProto({ nodes: builder.nodes, initializers }, inputs.map(leafInfo), outputs, about);
      return E.right({ model, data, inputs: inputs.map(portOf), outputs: portsOf(outputs) });
    }),
  );

const portsOf = (outputs: Readonly<Record<string, Output>>): readonly Port[] =>
  Object.values(outputs).map(({ tensor, type, shape }) => ({ name: tensor, dtype: type, shape }));
