// The demo's files, fetched from where Vite puts them.
import config from "depass/demo/config.json?url";
import weights from "depass/demo/model.safetensors?url";
import tokenizer from "depass/demo/tokenizer.json?url";

const addresses = { "config.json": config, "model.safetensors": weights, "tokenizer.json": tokenizer };

const fetched = async ([name, address]: readonly [string, string]): Promise<readonly [string, Blob]> => {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${name} of the demo: expected a file, got ${response.status}; reload the page`);
  return [name, await response.blob()];
};

export const demoFiles = async (): Promise<ReadonlyMap<string, Blob>> =>
  new Map(await Promise.all(Object.entries(addresses).map(fetched)));
