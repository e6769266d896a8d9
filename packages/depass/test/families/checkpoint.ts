// A family's tiny model as a checkpoint, for whoever else can compute its logits: config.json, and the weights of law.ts.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { orThrow } from "@depass/graph";
import { entryOf, writeSafetensors } from "@depass/models";
import { architectureFor, randomWeights } from "./law.ts";

/** Writes into a folder that is there. Throws what the config or the disk is refused for. */
export const writeFamily = async (folder: string, config: object): Promise<void> => {
  const { unembed, normed } = architectureFor(config);
  const weights = Object.entries(randomWeights({ logits: unembed(normed) }));
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const entries = weights.map(([name, tensor]) => entryOf(name, tensor));
  await writeSafetensors(join(folder, "model.safetensors"), entries)().then(orThrow);
};
