// The graph that explains generated tokens: each one's logit, or how much it is above its foils', and the parts of that. The
// product with the rows of the unembedding is part of the graph: what comes back is one number per part and token, never a state.
import {
  decompose,
  div,
  type Expr,
  type Fault,
  type Graph,
  gather,
  input,
  matmul,
  mul,
  narrow,
  type PartsLayout,
  pack,
  partsName,
  prune,
  type Rule,
  reshape,
  type Seed,
  share,
  simplify,
  weight,
} from "@depass/graph";
import type { Architecture } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { flow, pipe } from "fp-ts/lib/function.js";

export const [SCORES, LOGITS] = ["scores", "logits"];

export type Scoring = { readonly graph: Graph; readonly layout: PartsLayout };

/** Rows of the unembedding at an index of any shape. */
const rowsAt = ({ unembedding, vocabulary, hidden }: Architecture, index: Expr): Expr =>
  gather(-2, index)(weight(unembedding, [vocabulary, hidden]));

/** `scores` `[G]`: each normed state times the row of its target, `[G, 1, D] · [G, D, 1]`. */
const ofTargets = (architecture: Architecture, states: Expr): Graph => {
  const rows = reshape(1, [1, architecture.hidden])(rowsAt(architecture, input("targets", ["G"], "i32")));
  return { [SCORES]: reshape(3, ["G"])(matmul(rows, states)) };
};

/**
 * `scores` `[G]`: along the sum of the rows of `picks` `[G, C]`, each times its share, over `counts` `[G]`: `[G, 1, C] · [G, C, D]`;
 * and `logits` `[G, C]`, those of the picks. Shares are whole numbers, because a third is none in f32.
 */
const ofContrasts = (architecture: Architecture, states: Expr): Graph => {
  const rows = rowsAt(architecture, input("picks", ["G", "C"], "i32"));
  const directions = matmul(reshape(1, [1, "C"])(input("shares", ["G", "C"])), rows);
  return {
    [SCORES]: div(reshape(3, ["G"])(matmul(directions, states)), input("counts", ["G"])),
    [LOGITS]: reshape(2, ["C"])(matmul(rows, states)),
  };
};

/**
 * `scores` `[G]` at `positions` `[G]` and their parts `[M, G]`. Of one `targets` `[G]` each; or where they are told apart from others,
 * of `picks` `[G, C]` by their `shares` over `counts`, with `logits` `[G, C]` of each.
 */
export const scoringGraph = (
  architecture: Architecture,
  rule: Rule,
  seed: Seed,
  contrast = false,
): E.Either<readonly Fault[], Scoring> => {
  const { hidden, logitScale } = architecture;
  const states = reshape(1, [hidden, 1])(gather(-2, input("positions", ["G"], "i32"))(architecture.normed));
  const found = (contrast ? ofContrasts : ofTargets)(architecture, states);
  const scaled = (x: Expr): Expr => (logitScale === 1 ? x : mul(x, logitScale));
  const source = Object.fromEntries(Object.entries(found).map(([name, x]) => [name, scaled(x)]));
  return pipe(
    decompose(source, { seed, rule }),
    E.bindTo("decomposed"),
    E.bind("graph", ({ decomposed }) =>
      pipe(
        decomposed.graph,
        prune([partsName(SCORES), ...Object.keys(source)]),
        flow(share, simplify),
        E.chain(narrow),
        E.chain(pack),
      ),
    ),
    E.map(({ graph, decomposed: { layout } }) => ({ graph, layout })),
  );
};
