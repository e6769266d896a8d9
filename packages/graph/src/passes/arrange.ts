// Weights as a graph wants them: where it only ever moves a checkpoint's numbers (a map stored the other way round, a third
// of a fused one, experts one behind the other), they are moved once, when they are read, in their stored type. The graph
// then has weights in these places, and the weights given with it answer for them.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Weights } from "../backend.ts";
import { type Shape, sameShape, showShape } from "../dim.ts";
import { type Fault, type Faulty, fault, internal } from "../error.ts";
import { at, type Expr, type Graph } from "../expr.ts";
import { isMovement, moved } from "../movement.ts";
import { check, type Shapes } from "../shape.ts";
import { weight } from "../syntax.ts";
import type { DType, Tensor } from "../tensor.ts";
import { fold, rewrite } from "../traverse.ts";

export type Arranged = { readonly graph: Graph; readonly weights: Weights };

export type ArrangeOptions = {
  /** Leave what is joined of several weights to the graph. */
  readonly joins?: boolean;
};

type Plain = readonly number[];

const isPlain = (shape: Shape): shape is Plain => shape.every((d) => typeof d === "number");

/** The stored type of what is a weight but for movements; one that mixes types, or sizes of a run, stays in the graph. */
const storedTypes = (
  graph: Graph,
  shapes: Shapes,
  weights: Weights,
  joins: boolean,
): ReadonlyMap<Expr, DType | undefined> =>
  fold<DType | undefined>(graph, (n, inputs) => {
    if (n.op === "weight") return weights.describe(n.params.name)?.dtype;
    if (!isMovement(n) || (n.op === "concat" && !joins) || !isPlain(shapes.get(n) as Shape)) return undefined;
    if (n.op === "slice" && typeof n.params.start !== "number") return undefined;
    return inputs.every((dtype) => dtype === inputs[0]) ? inputs[0] : undefined;
  });

/** Faults: a misshapen graph. */
export const arrange = (
  graph: Graph,
  weights: Weights,
  { joins = true }: ArrangeOptions = {},
): E.Either<readonly Fault[], Arranged> =>
  E.map((shapes: Shapes): Arranged => {
    const stored = storedTypes(graph, shapes, weights, joins);
    const names = new Map<string, string>();
    const made = new Map<string, Expr>();
    const leafFor = (x: Expr): Expr => {
      const text = textOf(x);
      const name = names.get(text) ?? `${firstName(x)}, arranged (${names.size})`;
      names.set(text, name);
      made.set(name, x);
      const leaf = weight(name, shapes.get(x) as Shape);
      return x.site === undefined ? leaf : at(x.site)(leaf);
    };
    const isArranged = (x: Expr): boolean => x.op !== "weight" && stored.get(x) !== undefined;
    const arranged = rewrite(graph, (now, old) => (isArranged(old) ? leafFor(old) : now));
    return { graph: arranged, weights: answering(weights, made, shapes, stored) };
  })(check(graph));

/** Equal expressions over weights have equal texts; these are a few nodes deep. */
const textOf = (x: Expr): string =>
  x.op === "weight" ? x.params.name : `${x.op}(${x.inputs.map(textOf)}; ${JSON.stringify(x.params)})`;

const firstName = (x: Expr): string => (x.op === "weight" ? x.params.name : firstName(x.inputs[0] as Expr));

const answering = (
  weights: Weights,
  made: ReadonlyMap<string, Expr>,
  shapes: Shapes,
  stored: ReadonlyMap<Expr, DType | undefined>,
): Weights =>
  made.size === 0
    ? weights
    : {
        describe: (name) => {
          const x = made.get(name);
          return x === undefined
            ? weights.describe(name)
            : { dtype: stored.get(x) as DType, shape: shapes.get(x) as Plain };
        },
        read: (name) => {
          const x = made.get(name);
          return x === undefined ? weights.read(name) : readMoved(x, shapes, weights);
        },
        // What is laid out anew is laid out whole, and value by value.
        rows: (name) => (made.has(name) ? undefined : weights.rows?.(name)),
        blocks: (name) => (made.has(name) ? undefined : weights.blocks?.(name)),
      };

const readMoved = (x: Expr, shapes: Shapes, weights: Weights): Faulty<Tensor> => {
  if (x.op === "weight")
    return pipe(
      weights.read(x.params.name),
      TE.filterOrElse(
        (got) => isAsDescribed(x, got, weights),
        (got): readonly Fault[] => [misread(x, got, weights)],
      ),
    );
  const [first, ...others] = x.inputs.map(
    (i): Faulty<Tensor> =>
      () =>
        readMoved(i, shapes, weights)(),
  );
  return isMovement(x) && first !== undefined
    ? moved(x, shapes.get(x) as Plain, [first, ...others])
    : internal(`${x.op} is no movement`);
};

type Leaf = Extract<Expr, { op: "weight" }>;

const isAsDescribed = ({ params }: Leaf, got: Tensor, weights: Weights): boolean =>
  got.dtype === weights.describe(params.name)?.dtype && sameShape(got.shape, params.shape);

const misread = ({ params: { name, shape } }: Leaf, got: Tensor, weights: Weights): Fault =>
  fault(
    "dtype",
    `weight ${name}`,
    `${showShape(shape)} in ${weights.describe(name)?.dtype}, as described`,
    `${showShape(got.shape)} in ${got.dtype}`,
  );
