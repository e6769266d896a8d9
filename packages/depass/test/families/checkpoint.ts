// A family's tiny model as a checkpoint, for whoever else can compute its logits: config.json, and the weights of law.ts.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { orThrow } from "@depass/graph";
import { entryOf, type Model, writeSafetensors } from "@depass/models";
import { load } from "../../src/attribute.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";
import { architectureFor, randomWeights } from "./law.ts";

/** Writes into a folder that is there. Throws what the config or the disk is refused for. */
export const writeFamily = async (folder: string, config: object): Promise<void> => {
  const { unembed, normed } = architectureFor(config);
  const weights = Object.entries(randomWeights({ logits: unembed(normed) }));
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const entries = weights.map(([name, tensor]) => entryOf(name, tensor));
  await writeSafetensors(join(folder, "model.safetensors"), entries)().then(orThrow);
};

/** What is done with such a model, which has the tokenizer of tiny.ts: the config's vocabulary is that of configJson(). */
export const withFamily = async <A>(config: object, use: (model: Model) => Promise<A>): Promise<A> => {
  const folder = await newFolder();
  await writeCheckpoint(folder);
  await writeFamily(folder, config);
  const model = await load(folder);
  try {
    return await use(model);
  } finally {
    await model.close();
    await remove(folder);
  }
};
