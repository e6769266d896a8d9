// The decompositions that tensors of a prompt's file come from, by the names of the tensors, and their graphs.
import {
  type Dim,
  decompose,
  type Fault,
  type Graph,
  internal,
  pack,
  partsName,
  prune,
  type Rule,
  rewrite,
  share,
  simplify,
  unnamed,
} from "@depass/graph";
import { type Architecture, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { atPosition } from "../src/explanation.ts";
import { sizeAt } from "../src/layer.ts";
import { ruleNamed, seedNamed } from "./calls.ts";
import { gateOutputs, placesOf, withEdges } from "./edges.ts";

/** One decomposition gives `<key>.target`, `<key>.foil`, `<key>.parts_at_last`. */
export type Variant = { readonly key: string; readonly seed: string; readonly layer: number; readonly rule: Rule };

const named =
  /^((?:token\.([a-z]+)(\.all)?(?:\.from(\d+))?)|(?:(attn|mlp|attn_head)\.(\d+)))\.(target|foil|parts_at_last)$/;

/** `token.softmax`, `token.softmax.all.from15`, `attn_head.3`, as the names of the tensors say them. */
export const variantOf = (name: string): Variant | undefined => {
  const [, key = "", ruleName = "softmax", all, from = "0", level = "token", layer = from] = named.exec(name) ?? [];
  const special = all === undefined ? undefined : "keep";
  const rule = ruleNamed(ruleName, 0.1, special);
  return key === "" || rule === undefined ? undefined : { key, seed: level, layer: Number(layer), rule };
};

/** A variant with the graph of its parts at the last token and, below token level, of the gate inputs at its edges. */
export type Parts = {
  readonly variant: Variant;
  readonly graph: Graph;
  readonly named: Dim;
  /** Where its edges are, and for how many neurons of each token. */
  readonly places: readonly string[];
  readonly neurons: number;
};

/** Several decompositions in one graph have places of the same names: they go without. */
const ready = (graph: Graph): E.Either<readonly Fault[], Graph> =>
  pipe(share(rewrite(graph, unnamed)), simplify, E.chain(pack));

export const partsOf =
  (architecture: Architecture) =>
  (variant: Variant): E.Either<readonly Fault[], Parts> =>
    pipe(
      E.Do,
      E.bind("seed", () => seedNamed(architecture, variant.seed, variant.layer) ?? internal(`no seed ${variant.seed}`)),
      E.bind("neurons", () => sizeAt(architecture, 0, site.mlpPost(0), -1, "neurons")),
      E.bind("graph", ({ seed, neurons }) => {
        const { key, rule } = variant;
        const edged = seed.tokenLevel ? rule : withEdges(rule, key, neurons);
        const source = { [key]: atPosition(architecture.normed) };
        return pipe(
          decompose(source, { seed, rule: edged }),
          E.map((d) => prune([partsName(key)])(d.graph)),
        );
      }),
      E.map(({ seed, neurons, graph }) => ({ variant, graph, named: seed.named, places: placesOf(graph), neurons })),
    );

/** The parts of several variants as one graph, which has what they share but once. */
export const together = (batch: readonly Parts[]): E.Either<readonly Fault[], Graph> =>
  ready(Object.assign({}, ...batch.map(({ graph }) => graph)));

/** The parts of a variant and the gate inputs at its edges. */
export const withGates = ({ graph, named: count }: Parts): E.Either<readonly Fault[], Graph> =>
  ready({ ...graph, ...gateOutputs(graph, Number(count)) });
