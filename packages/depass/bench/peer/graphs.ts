// What do we compute in a comparison? The graph that `attribute` runs answers for one position; one more gives the parts of
// the normed state at every position, which is what the peer computes.
//   one position   normed.parts [M, 1, D], logits [1, V]
//   all positions  normed.parts [M, T, D]
import {
  decompose,
  type Fault,
  type Graph,
  pack,
  partsName,
  prune,
  type Rule,
  type Seed,
  share,
  simplify,
  softmaxRule,
  tokenSeed,
} from "@depass/graph";
import { type Architecture, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { flow, pipe } from "fp-ts/lib/function.js";
import { explanationGraph } from "../../src/explanation.ts";

export const answers = ["one", "all"] as const;
export type Answer = (typeof answers)[number];

/** The output of both graphs that is compared with the peer's. */
export const PARTS = partsName("normed");

const seed: Seed = tokenSeed(site.residPre(0));
const rule: Rule = softmaxRule();

const everywhere = ({ normed }: Architecture): E.Either<readonly Fault[], Graph> =>
  pipe(
    decompose({ normed }, { seed, rule }),
    E.chain(({ graph }) => pipe(graph, prune([PARTS]), flow(share, simplify), E.chain(pack))),
  );

export const graphs: Readonly<Record<Answer, (architecture: Architecture) => E.Either<readonly Fault[], Graph>>> = {
  one: (architecture) =>
    pipe(
      explanationGraph({ architecture }, { seed, rule }),
      E.map(({ graph }) => graph),
    ),
  all: everywhere,
};
