// The graph that explains: a model's, decomposed, with only what scores need at one position: the logits, the normed state
// and its parts; the same of earlier states through the last norm, where they are wanted (nostalgebraist 2020, logit lens).
import {
  type Decomposed,
  decompose,
  type Expr,
  type Fault,
  findSite,
  type Graph,
  gather,
  input,
  pack,
  partsName,
  prune,
  type Rule,
  rewrite,
  type Seed,
  share,
  simplify,
  softcapped,
  unnamed,
} from "@depass/graph";
import { type Architecture, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { flow, pipe } from "fp-ts/lib/function.js";

/** The explained graph and how its parts lie. */
export type Explanation = { readonly graph: Graph; readonly decomposed: Decomposed };

const [LOGITS, NORMED] = ["logits", "normed"];

/** The output that scores sum to: the logits, unless a softcap bends them. */
export const explainedOutput = ({ softcap }: Architecture): string => (softcap === undefined ? LOGITS : "explained");

/** The output with the normed state at a site of the stream. */
export const lensName = (place: string): string => `lens ${place}`;

/** The stream entering each layer from one on, and the last norm. */
export const streamFrom = ({ layers }: Architecture, layer: number): readonly string[] => [
  ...Array.from({ length: layers - layer }, (_, i) => site.residPre(layer + i)),
  site.residFinal,
];

/** The state at a site of the stream, through the last norm. */
export const lensAt = ({ normed }: Architecture, place: string): Expr => {
  const state = findSite({ normed }, place) as Expr;
  if (place === site.residFinal) return normed;
  const graph = rewrite({ normed }, (now, old) => {
    if (old.site === site.residFinal) return state;
    return now === old ? now : unnamed(now);
  });
  return graph.normed as Expr;
};

export const atPosition = gather(-2, input("position", [1], "i32"));

export type ExplanationOptions = {
  readonly seed: Seed;
  readonly rule: Rule;
  /** A site of the stream, read through the last norm: default the state that the last norm reads. */
  readonly to?: string;
  /** Further sites of the stream whose parts are wanted, through the last norm. */
  readonly lenses?: readonly string[];
};

/** A softcap stands behind what is decomposed: no part supplies what it takes away. */
const withLogits = ({ softcap }: Architecture, { graph, ...rest }: Decomposed): Decomposed => ({
  ...rest,
  graph: softcap === undefined ? graph : { ...graph, [LOGITS]: softcapped(softcap)(graph.explained as Expr) },
});

/** What scores along one direction need. */
const needed = (architecture: Architecture, lenses: readonly string[]): readonly string[] => [
  ...new Set([partsName(NORMED), NORMED, LOGITS, explainedOutput(architecture)]),
  ...lenses.flatMap((place) => [lensName(place), partsName(lensName(place))]),
];

/**
 * The model's graph at one position, decomposed, pruned to the outputs that are wanted, causal zeros packed away. There are
 * `logits`, `normed` and the parts of both; with a softcap `explained` and its parts, and `logits` without parts.
 */
export const explanationGraph = (
  { architecture }: { readonly architecture: Architecture },
  { seed, rule, to = site.residFinal, lenses = [] }: ExplanationOptions,
  outputs: readonly string[] = needed(architecture, lenses),
): E.Either<readonly Fault[], Explanation> => {
  const normed = atPosition(lensAt(architecture, to));
  const source = {
    [explainedOutput(architecture)]: architecture.explained(normed),
    [NORMED]: normed,
    ...Object.fromEntries(lenses.map((place) => [lensName(place), atPosition(lensAt(architecture, place))])),
  };
  return pipe(
    decompose(source, { seed, rule }),
    E.map((decomposed) => withLogits(architecture, decomposed)),
    E.bindTo("decomposed"),
    E.bind("graph", ({ decomposed }) =>
      pipe(
        decomposed.graph, // Parts first: each layer's frozen values are then computed where they are used, and live no longer.
        prune(outputs),
        flow(share, simplify),
        E.chain(pack),
      ),
    ),
  );
};
