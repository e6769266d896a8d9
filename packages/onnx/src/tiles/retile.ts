// The pass: a graph of packed rows (graph/passes/pack.ts) as one of dense tiles (tiling.ts). It follows the rows through every
// op that keeps them apart; where one does not, they are laid out as packed rows again, which is always right. What a run
// computes stays the same, but for lean shares (shares.ts), whose checks become outputs of their own.
import {
  applyOverride,
  type Dim,
  type Expr,
  type Graph,
  internal,
  node,
  nodesOf,
  type Shape,
  type Shapes,
  showDim,
  withInputs,
} from "@depass/graph";
import { type Form, repacked, settled, type Tiler } from "./form.ts";
import { type Context, dense, type Place, placeOf, rules } from "./rules.ts";
import type { Tables, Tiling } from "./tiling.ts";

export type Retiled = {
  readonly graph: Graph;
  readonly tables: Tables;
  /** Outputs that are rows in tiles, and inputs that are to be given so. */
  readonly outputs: Readonly<Record<string, Place>>;
  /** Outputs `[1, 1]` that are 0 where the lean tiling was right. */
  readonly checks: readonly string[];
  /** Which nodes begin what a chunk has by itself (apart.ts). */
  readonly owners: ReadonlyMap<Expr, number>;
};

/** A value as the ops outside these rules read it. */
const plain = (tiler: Tiler, form: Form, shape: Shape): Expr => {
  if (form.kind === "dense") return form.x;
  const { tokens, extras } = tiler.tiling;
  if (form.kind === "tokens") return node("tokenRows", { tokens, extras }, form.x);
  return repacked(tiler, settled(tiler, form, shape.length), shape);
};

/** The layout of packed rows that a graph has; none where it has several, or none at all. */
export const layoutOf = (graph: Graph): { readonly tokens: Dim; readonly extras: number } | undefined => {
  const found = new Map(
    nodesOf(graph).flatMap((n) => {
      if (!("extras" in n.params && "tokens" in n.params)) return [];
      const { tokens, extras } = n.params;
      return [[`${showDim(tokens)} ${extras}`, { tokens, extras }] as const];
    }),
  );
  return found.size === 1 ? [...found.values()][0] : undefined;
};

/** `tiled` names the inputs that are given as rows in tiles, `packed` the outputs that are wanted as packed rows. */
export const retile = (
  graph: Graph,
  shapes: Shapes,
  tiling: Tiling,
  lean: boolean,
  tiled: ReadonlySet<string>,
  packed: ReadonlySet<string> = new Set(),
): Retiled => {
  const tiler: Tiler = { tiling, tables: {}, owners: new Map() };
  const checks: Expr[] = [];
  const forms = new Map<Expr, Form>();
  const shapeOf = (x: Expr): Shape => shapes.get(x) as Shape;
  for (const n of nodesOf(graph)) {
    const own = n.inputs.map((i) => forms.get(i) as Form);
    const context: Context = {
      tiler,
      forms: own,
      shapes: n.inputs.map(shapeOf),
      shape: shapeOf(n),
      lean,
      checks,
      isTiled: (name) => tiled.has(name),
    };
    const form = applyOverride(rules, n, context);
    forms.set(
      n,
      form ??
        dense(
          withInputs(
            n,
            n.inputs.map((i) => plain(tiler, forms.get(i) as Form, shapeOf(i))),
          ),
        ),
    );
  }
  const outputs: Record<string, Place> = {};
  const made: Record<string, Expr> = {};
  for (const [name, x] of Object.entries(graph)) {
    const form = forms.get(x) as Form;
    if (form.kind !== "rows" || packed.has(name)) {
      made[name] = plain(tiler, form, shapeOf(x));
      continue;
    }
    const whole = settled(tiler, form, shapeOf(x).length);
    const place = placeOf(tiling, name);
    outputs[name] = place;
    place.chunks.forEach((chunk, c) => {
      made[chunk] = whole.chunks[c] as Expr;
    });
    if (place.head !== undefined) made[place.head] = whole.head?.x ?? internal("rows without their head");
  }
  const named = checks.map((x, i) => [`check.${i}`, x] as const);
  return {
    graph: { ...made, ...Object.fromEntries(named) },
    tables: tiler.tables,
    owners: tiler.owners,
    outputs,
    checks: named.map(([name]) => name),
  };
};
