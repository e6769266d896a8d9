// The graph that explains: a model's, decomposed, with only what scores need at one position: the logits, the normed state
// and its parts; the same of earlier states through the last norm, where they are wanted (nostalgebraist 2020, logit lens).
import {
  type Decomposed,
  decompose,
  type Expr,
  type Fault,
  fault,
  type Graph,
  gather,
  input,
  narrow,
  pack,
  partsName,
  prune,
  type Rule,
  type Seed,
  share,
  simplify,
  sitesOf,
  softcapped,
} from "@depass/graph";
import { type Architecture, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { flow, pipe } from "fp-ts/lib/function.js";
import { lensAt, type PlaceName, type Reading, readingOf } from "./reading.ts";

export { lensAt, streamFrom } from "./reading.ts";

/** The explained graph, how its parts lie, and where they are read. */
export type Explanation = {
  readonly graph: Graph;
  readonly decomposed: Decomposed;
  readonly reading: Reading;
};

const [LOGITS, NORMED] = ["logits", "normed"];

/** The output that scores sum to: the logits, unless a softcap bends them. */
export const explainedOutput = ({ softcap }: Architecture): string => (softcap === undefined ? LOGITS : "explained");

/** The output with the normed state at a site of the stream. */
export const lensName = (place: string): string => `lens ${place}`;

/** States `[T, D]` at the input `position` `[1]`, i32. */
export const atPosition = gather(-2, input("position", [1], "i32"));

export type ExplanationOptions = {
  readonly seed: Seed;
  readonly rule: Rule;
  /** What is read (reading.ts): default the state that the last norm reads. */
  readonly to?: PlaceName;
  /** Further sites of the stream whose parts are wanted, through the last norm. */
  readonly lenses?: readonly string[];
};

/** A softcap stands behind what is decomposed: no part supplies what it takes away. */
const withLogits = ({ softcap }: Architecture, { graph, ...rest }: Decomposed): Decomposed => ({
  ...rest,
  graph: softcap === undefined ? graph : { ...graph, [LOGITS]: softcapped(softcap)(graph.explained as Expr) },
});

/** What scores along one direction need. Lenses first, in the stream's order: no state then waits to be read at the end. */
const needed = (architecture: Architecture, lenses: readonly string[]): readonly string[] => [
  ...lenses.flatMap((place) => [partsName(lensName(place)), lensName(place)]),
  ...new Set([partsName(NORMED), NORMED, LOGITS, explainedOutput(architecture)]),
];

type Read = { readonly kind: Reading["kind"]; readonly own: Expr };

/** The state whose logits are asked about: a component has a share of the logits; they themselves are the model's. */
const asked = (architecture: Architecture, { kind, own }: Read): Expr =>
  atPosition(kind === "state" ? own : architecture.normed);

/** What answers are told from, without parts: `logits`, what they are before a softcap, and what is read, `normed`. */
export const answerOutputs = (architecture: Architecture, read: Read): Graph => {
  const whole = asked(architecture, read);
  return {
    [LOGITS]: architecture.unembed(whole),
    [explainedOutput(architecture)]: architecture.explained(whole),
    [NORMED]: atPosition(read.own),
  };
};

/** The wholes that are decomposed. */
const sourceOf = (architecture: Architecture, read: Read, lenses: readonly string[]): Graph => ({
  [explainedOutput(architecture)]: architecture.explained(asked(architecture, read)),
  [NORMED]: atPosition(read.own),
  ...Object.fromEntries(lenses.map((place) => [lensName(place), atPosition(lensAt(architecture, place))])),
});

/**
 * The model's graph at one position, decomposed, pruned to the outputs that are wanted, causal zeros packed away. There are
 * `logits`, `normed` and the parts of both; with a softcap `explained` and its parts, and `logits` without parts.
 */
export const explanationGraph = (
  { architecture }: { readonly architecture: Architecture },
  { seed, rule, to = site.residFinal, lenses = [] }: ExplanationOptions,
  outputs: readonly string[] = needed(architecture, lenses),
): E.Either<readonly Fault[], Explanation> =>
  pipe(
    readingOf(architecture, to),
    E.bindTo("reading"),
    E.bind("own", ({ reading }) => reading.normed),
    E.filterOrElse(
      ({ own }) => isAt(own, seed) || !isAt(architecture.normed, seed),
      ({ reading }) => notReached(seed, reading),
    ),
    E.bind("decomposed", ({ reading, own }) =>
      pipe(
        decompose(sourceOf(architecture, { kind: reading.kind, own }, lenses), { seed, rule }),
        E.filterOrElse(
          ({ graph }) => graph[partsName(NORMED)] !== undefined,
          () => notReached(seed, reading),
        ),
        E.map((decomposed) => withLogits(architecture, decomposed)),
      ),
    ),
    E.bind("graph", ({ decomposed }) =>
      pipe(
        decomposed.graph, // Parts first: each layer's frozen values are then computed where they are used, and live no longer.
        prune(outputs),
        flow(share, simplify),
        E.chain(narrow),
        E.chain(pack),
      ),
    ),
    E.map(({ reading, decomposed, graph }) => ({ reading, decomposed, graph })),
  );

/** Whether a value is made of all that the seed's parts begin at. */
const isAt = (normed: Expr, { site: begin, also = [] }: Seed): boolean => {
  const known = new Set(sitesOf({ normed }));
  return [begin, ...also.map((place) => place.site)].every((name) => known.has(name));
};

const notReached = (seed: Seed, { name }: Reading): readonly Fault[] => [
  fault(
    "seed",
    `seed ${seed.name}`,
    `parts that begin before ${name}`,
    "later ones",
    "read them behind, or begin earlier",
  ),
];
