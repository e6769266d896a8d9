// A model whose files are at hand as blobs: fetched, or chosen by somebody in a page.
import { orThrow } from "@depass/graph";
import { type Blobs, type FamilyOptions, folderOf, type Model, modelIn } from "@depass/models";

/**
 * Opens a checkpoint from its files by their names: config.json, tokenizer.json, model.safetensors (or shards with their index),
 * generation_config.json where there is one. A File is a Blob too, of which only what is asked for is read.
 *
 *     const files = new Map([["config.json", await (await fetch(url)).blob()], …])
 *     const model = await loadFiles("demo", files)
 *
 * Throws a FaultError that says what is missing or wrong.
 */
export const loadFiles = (name: string, files: Blobs, options: FamilyOptions = {}): Promise<Model> =>
  modelIn(folderOf(name, files), options)().then(orThrow);
