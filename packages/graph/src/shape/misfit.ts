// What shape rules are made of: a shape or what is wrong with it, broadcasting, axes counted from the end.
import * as E from "fp-ts/lib/Either.js";
import { type Dim, type Shape, sameDim, showShape } from "../dim.ts";

/** Expected and got, in the house's words; where is added by check(). */
export type Misfit = { readonly expected: string; readonly got: string };
export type Shaped = E.Either<Misfit, Shape>;
/** What a rule gets: as many shapes as its op has inputs. */
export type ShapeArgs = readonly [inputs: readonly Shape[]];

export const misfit = (expected: string, got: string): Shaped => E.left({ expected, got });
export const ok = (shape: Shape): Shaped => E.right(shape);

/** The shape if the condition holds, else what was expected of these inputs. */
export const when = (fits: boolean, shape: Shape, expected: string, got: readonly Shape[]): Shaped =>
  fits ? ok(shape) : misfit(expected, got.map(showShape).join(" and "));

/** NumPy broadcasting of two shapes, from the right. */
export const broadcasted = (a: Shape, b: Shape): Shaped => {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let i = 1; i <= rank; i++) {
    const x = a.at(-i) ?? 1;
    const y = b.at(-i) ?? 1;
    if (!sameDim(x, y) && x !== 1 && y !== 1)
      return misfit("shapes that broadcast", `${showShape(a)} and ${showShape(b)}`);
    out.unshift(x === 1 ? y : x);
  }
  return ok(out);
};

/** Checks an axis counted from the end and hands on its index. */
export const onAxis = (axis: number, x: Shape, use: (index: number, size: Dim) => Shaped): Shaped =>
  Number.isInteger(axis) && axis < 0 && -axis <= x.length
    ? use(x.length + axis, x.at(axis) as Dim)
    : misfit(
        x.length === 0 ? "an input with axes" : `an axis between -${x.length} and -1`,
        `${axis} for ${showShape(x)}`,
      );

/** The shape with one axis replaced by others. */
export const replaced = (x: Shape, index: number, ...by: Shape): Shape => [
  ...x.slice(0, index),
  ...by,
  ...x.slice(index + 1),
];

/** Whether two sizes are there and the same. */
export const alike = (a: Dim | undefined, b: Dim | undefined): boolean =>
  a !== undefined && b !== undefined && sameDim(a, b);

/** Whether query heads are shared out evenly among key/value heads; both are numbers in any model. */
export const dividesInto = (groups: Dim | undefined, heads: Dim | undefined): boolean =>
  typeof heads === "number" && typeof groups === "number" && heads % groups === 0;
