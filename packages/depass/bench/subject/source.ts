// Which model is measured: a published shape with random weights, or a Llama checkpoint; with fewer layers if asked for.
// Its graph is the one that explains a prompt by its tokens, packed as users run it, and dense for comparison.
import {
  fault,
  faultError,
  type Graph,
  orThrow,
  prune,
  share,
  simplify,
  softmaxRule,
  tokenSeed,
  type Weights,
} from "@depass/graph";
import {
  type DecoderConfig,
  decodeLlamaConfig,
  type LlamaConfig,
  llama,
  openCheckpoint,
  site,
  weightsIn,
} from "@depass/models";

import { explanationGraph } from "../../src/explanation.ts";
import { shapes } from "./shapes.ts";
import { randomWeights } from "./weights.ts";

export type Source = {
  readonly config: DecoderConfig;
  readonly graphs: { readonly packed: Graph; readonly dense: Graph };
  readonly weights: Weights;
  /** For a heading: name, layers, weights. */
  readonly text: string;
  readonly close: () => Promise<void>;
};

export type SourceOptions = { readonly shape: string; readonly model?: string; readonly layers?: number };

const shapeOf = (name: string): unknown => {
  if (Object.hasOwn(shapes, name)) return shapes[name as keyof typeof shapes];
  throw faultError([fault("bench", "--shape", `one of ${Object.keys(shapes).join(", ")}`, name)]);
};

const shortened = (config: unknown, layers: number | undefined): unknown =>
  layers === undefined ? config : { ...(config as object), num_hidden_layers: layers };

/** A model before it is known which of its graphs is wanted. */
export type Subject = {
  readonly config: LlamaConfig;
  readonly weightsFor: (graph: Graph) => Weights;
  readonly text: string;
  readonly close: () => Promise<void>;
};

export const openSubject = async ({ shape, model, layers }: SourceOptions): Promise<Subject> => {
  const checkpoint = model === undefined ? undefined : await openCheckpoint(model)().then(orThrow);
  const config = orThrow(decodeLlamaConfig(shortened(checkpoint?.config ?? shapeOf(shape), layers)));
  return {
    config,
    weightsFor: checkpoint === undefined ? randomWeights : () => weightsIn(checkpoint),
    text: `${model ?? shape}, ${config.layers} layers, ${model === undefined ? "random bf16 weights" : "its own weights"}`,
    close: checkpoint?.close ?? (async () => undefined),
  };
};

export const openSource = async (options: SourceOptions): Promise<Source> => {
  const { weightsFor, ...subject } = await openSubject(options);
  const explained = orThrow(
    explanationGraph(
      { architecture: llama(subject.config) },
      { seed: tokenSeed(site.residPre(0)), rule: softmaxRule() },
    ),
  );
  const dense = orThrow(simplify(share(prune(Object.keys(explained.graph))(explained.decomposed.graph))));
  return { ...subject, graphs: { packed: explained.graph, dense }, weights: weightsFor(explained.graph) };
};
