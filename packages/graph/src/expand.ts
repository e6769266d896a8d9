// The meaning of every composite: its expression in simpler ops, from its inputs and their shapes. A backend that has
// a kernel of its own for a composite is tested against this. The rows are in expand/layers.ts and expand/decomposition.ts.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Shape } from "./dim.ts";
import type { Fault } from "./error.ts";
import { decompositionExpansions } from "./expand/decomposition.ts";
import { layerExpansions } from "./expand/layers.ts";
import type { Expansions } from "./expand/shared.ts";
import type { Expr, Graph, Node } from "./expr.ts";
import type { CompositeName } from "./op.ts";
import { check, type Shapes } from "./shape.ts";
import { applyRow, isComposite, type Table } from "./table.ts";
import { nodesOf, rewrite } from "./traverse.ts";

export { activations } from "./expand/activations.ts";
export { conditioned, REMAINDER_EPSILON } from "./expand/decomposition.ts";

const expansions: Expansions<CompositeName> = { ...layerExpansions, ...decompositionExpansions };

type Composite = { readonly [K in CompositeName]: Node<K> }[CompositeName];

/** One composite as simpler ops, some of them possibly composites again. */
export const expandNode = (composite: Composite, shapes: readonly Shape[]): Expr =>
  applyRow(expansions as unknown as Table<readonly [readonly Shape[]], Expr>, composite, shapes);

/**
 * The graph with the chosen composites (all, unless told) replaced by their meaning, again and again until none is left.
 * The outermost node of an expansion takes over the composite's site.
 */
export const expand = (graph: Graph, chosen: (x: Expr) => boolean = () => true): E.Either<readonly Fault[], Graph> => {
  const due = (x: Expr): boolean => isComposite(x) && chosen(x);
  if (!nodesOf(graph).some(due)) return E.right(graph);
  return pipe(
    check(graph),
    E.chain((shapes: Shapes) =>
      expand(
        rewrite(graph, (now, old) => (due(old) ? expandedAt(now as Composite, old, shapes) : now)),
        chosen,
      ),
    ),
  );
};

const expandedAt = (now: Composite, old: Expr, shapes: Shapes): Expr => {
  const meaning = expandNode(
    now,
    old.inputs.map((i) => shapes.get(i) as Shape),
  );
  return old.site === undefined ? meaning : { ...meaning, site: old.site };
};
