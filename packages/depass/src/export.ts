// A model as a file for others: its forward pass or its decomposition as .onnx, weights beside it, with what a reader must know
// of it in the metadata. The decomposition is the graph that `attribute` runs, causal zeros packed away, and the parts of the
// logits themselves: whoever reads the file needs no weight of the model.
import { basename, resolve } from "node:path";
import {
  type Fault,
  type Faulty,
  findSite,
  type Graph,
  orThrow,
  partNames,
  partsName,
  type Rule,
  type RunOptions,
  type Seed,
  showDim,
  sitesOf,
  softmaxRule,
  tokenSeed,
} from "@depass/graph";
import { type Model, site } from "@depass/models";
import { type Exported, exportOnnx } from "@depass/onnx";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { explainedOutput, explanationGraph } from "./explanation.ts";

export type { Exported, Port } from "@depass/onnx";

export type ModelExport = RunOptions & {
  /** `tokens` and `position` in; `logits` there, their parts (`scores`) and those of the normed state (`parts`) out. */
  readonly decomposed?: boolean;
  /** For the decomposition; default: each token is a part from layer 0 on. */
  readonly seed?: Seed;
  /** For the decomposition; default: softmax with temperature 0.1. */
  readonly rule?: Rule;
  /** For the forward pass: the state at every site is an output, too. */
  readonly states?: boolean;
  /** Files that are there are replaced. */
  readonly force?: boolean;
};

type Metadata = Readonly<Record<string, string>>;
type Described = { readonly graph: Graph; readonly description: string; readonly metadata: Metadata };

const forward = ({ architecture }: Model, states: boolean): Graph => {
  const graph = { logits: architecture.unembed(architecture.normed) };
  const sites = states ? sitesOf(graph).map((name) => [name, findSite(graph, name)] as const) : [];
  return Object.fromEntries([...Object.entries(graph), ...sites]) as Graph;
};

const [LOGITS, NORMED] = ["logits", "normed"];

const decomposition = (model: Model, seed: Seed, rule: Rule): E.Either<readonly Fault[], Described> => {
  const { softcap } = model.architecture;
  const scored = partsName(explainedOutput(model.architecture));
  return pipe(
    explanationGraph(model, { seed, rule }, [partsName(NORMED), LOGITS, scored]),
    E.map(({ graph, decomposed: { layout } }): Described => {
      const { [LOGITS]: logits, [scored]: scores, [partsName(NORMED)]: parts } = graph;
      const lie = {
        axis: 0,
        named: showDim(layout.named),
        count: showDim(layout.count),
        tokens: layout.tokenLevel,
        constants: partNames(layout, []),
      };
      return {
        graph: { logits, scores, parts } as Graph,
        description: "Logits behind one token, and how much of them each part supplied.",
        metadata: {
          "depass.seed": seed.name,
          "depass.rule": rule.name,
          "depass.parts": JSON.stringify(lie),
          ...(softcap !== undefined && { "depass.softcap": `${softcap}` }),
        },
      };
    }),
  );
};

const described = (
  model: Model,
  { decomposed, seed = tokenSeed(site.residPre(0)), rule = softmaxRule(), states = false }: ModelExport,
): E.Either<readonly Fault[], Described> =>
  decomposed
    ? decomposition(model, seed, rule)
    : E.right({ graph: forward(model, states), description: "Logits behind every token.", metadata: {} });

/** Indexes of packed rows, about T², are computed in f32: exact below 2^24. */
const LONGEST_PACKED = 4095;

const aboutModel = ({ source, architecture: a }: Model, decomposed: boolean): Metadata => ({
  "depass.graph": decomposed ? "decomposed" : "forward",
  "depass.model": basename(resolve(source)),
  "depass.family": a.family,
  "depass.layers": `${a.layers}`,
  "depass.vocabulary": `${a.vocabulary}`,
  "depass.context": `${decomposed ? Math.min(a.context, LONGEST_PACKED) : a.context}`,
});

/** Faults: those of the decomposition, of the checkpoint's weights and of the disk, an abort; then nothing new is left. */
export const exportedModel = (model: Model, target: string, options: ModelExport = {}): Faulty<Exported> =>
  pipe(
    TE.fromEither(described(model, options)),
    TE.chain(({ graph, description, metadata }) =>
      exportOnnx(graph, model.weights, target, {
        ...options,
        description,
        metadata: { ...aboutModel(model, options.decomposed === true), ...metadata },
      }),
    ),
  );

/**
 * Writes `target`, a name that ends in .onnx, and its weights beside it. Throws a FaultError.
 *
 *     await exportModel(await load("SmolLM2-135M-Instruct"), "smol.onnx", { decomposed: true })
 */
export const exportModel = (model: Model, target: string, options: ModelExport = {}): Promise<Exported> =>
  exportedModel(model, target, options)().then(orThrow);
