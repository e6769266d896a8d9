// The short way for scripts, from the name of a model on.
import { orThrow } from "@depass/graph";
import { type LoadOptions, loadModel, type Model } from "@depass/models";
import { demoFolder } from "./demo.ts";

export * from "./asked.ts";

/**
 * Opens a checkpoint folder or a .gguf file; without a name, the demo that comes along: a model of a made-up world, which
 * knows 326 words. `families` adds architectures of one's own, by the `model_type` of their config.json.
 * Throws a FaultError that says what is wrong with it.
 */
export const load = (name: string = demoFolder, options: LoadOptions = {}): Promise<Model> =>
  loadModel(name, options)().then(orThrow);
