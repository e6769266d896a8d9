// What expansions of every kind are written with.
import type { Dim, Shape } from "../dim.ts";
import type { Expr } from "../expr.ts";
import type { CompositeName } from "../op.ts";
import { iota, reshape } from "../syntax.ts";
import type { Table } from "../table.ts";

/** Rows get the shapes of the node's inputs. */
export type Expansions<Names extends CompositeName> = Table<readonly [shapes: readonly Shape[]], Expr, Names>;

/** Below this WGSL keeps no promise about infinities; it stands for "minus infinity" in every mask. */
export const MASKED = -3e38;

/** An index along the axis that stands `axes` before the end, ready to broadcast. */
export const indexAlong = (size: Dim, axes: number): Expr =>
  reshape(1, [size, ...new Array<number>(axes).fill(1)])(iota(size));
