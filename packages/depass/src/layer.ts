// Which layers does a model have, and how many heads or neurons are in one?
import { check, type Expr, type Fault, fault, findSite, type Shapes } from "@depass/graph";
import type { Architecture } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";

/** `layers.7.mlp.post` is in layer 7; undefined of a place in none. */
export const layerIn = (place: string | undefined): number | undefined => {
  const layer = /^layers\.(\d+)\./.exec(place ?? "")?.[1];
  return layer === undefined ? undefined : Number(layer);
};

/** Faults: no such layer. */
export const layerOf = ({ layers }: Architecture, layer: number): E.Either<readonly Fault[], void> =>
  Number.isInteger(layer) && layer >= 0 && layer < layers
    ? E.right(undefined)
    : E.left([fault("seed", "layer", `a layer of this model, 0 to ${layers - 1}`, `${layer}`)]);

/** The size of an axis of the value at a place of a layer: its heads, its neurons. Faults: no such layer, none of them. */
export const sizeAt = (
  model: Architecture,
  layer: number,
  place: string,
  axis: number,
  what: string,
): E.Either<readonly Fault[], number> =>
  pipe(
    layerOf(model, layer),
    E.chain(() => {
      const found: Expr | undefined = findSite({ normed: model.normed }, place);
      return found === undefined
        ? E.left([fault("seed", place, `a model with ${what} of its own there`, "none")])
        : E.map((shapes: Shapes) => shapes.get(found))(check({ found }));
    }),
    E.chain((shape) => {
      const size = shape?.at(axis);
      return typeof size === "number" ? E.right(size) : E.left([fault("seed", place, `a number of ${what}`, "none")]);
    }),
  );
