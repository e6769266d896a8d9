// Which options say what the parts are? A level, and what its name alone says not.
import { Option } from "commander";
import type { SeedName } from "./method.ts";
import { countFromOne, oneMore, refuse, wholeNumber } from "./option-codecs.ts";

/** Written again here, as backendNames in options.ts. */
export const seedNames = [
  "token",
  "words",
  "sentences",
  "ranges",
  "roles",
  "subspace",
  "attention",
  "mlp",
  "head",
  "neuron",
] as const satisfies readonly SeedName[];

/** Written again here, as vectors.ts has them. */
const vectorEndings = [".safetensors", ".json"];

const seed = (): Option => new Option("--seed <level>", "what the parts are").choices([...seedNames]).default("token");

export const from = (): Option =>
  new Option("--from <layer>", "layer at whose input the parts begin, or whose parts they are")
    .argParser(wholeNumber)
    .default(0);

const numbers = (text: string): readonly number[] =>
  /^\d{1,9}(,\d{1,9})*$/.test(text)
    ? text.split(",").map(Number)
    : refuse("numbers with commas between them, such as 3,17");

export const neurons = (): Option =>
  new Option("--neurons <numbers>", "with --seed neuron: which ones of the layer, such as 3,17").argParser(numbers);

const span = (text: string, before: readonly string[] = []): readonly string[] =>
  /^(?:.+=)?\d{1,9}-\d{1,9}$/s.test(text)
    ? [...before, text]
    : refuse("characters of the prompt from and to before, such as 0-14 or question=0-14");

export const ranges = (): Option =>
  new Option(
    "--range <from-to>",
    "with --seed ranges: characters of a part, as 0-14 or name=0-14; once for each",
  ).argParser(span);

export const drill = (): Option =>
  new Option(
    "--drill <part>",
    "a part of words, sentences, ranges or roles, by its number or exact name, cut finer: 3, user=words, 3=tokens; again for a part of that",
  ).argParser(oneMore);

export const vectors = (text: string): string =>
  vectorEndings.some((ending) => text.toLowerCase().endsWith(ending))
    ? text
    : refuse(`a name that ends in ${vectorEndings.join(" or ")}`);

export const basis = (): Option =>
  new Option(
    "--basis <file>",
    "with --seed subspace: a .safetensors or .json of tensors [K, D], each the basis of a part of that name",
  ).argParser(vectors);

/** What the parts are, where a level's name alone says it not. */
export const parts = (): readonly Option[] => [seed(), from(), neurons(), ranges(), drill(), basis()];

export const topNeurons = (): Option =>
  new Option("--top <number>", "with --seed neuron: that many of the layer, those that score most").argParser(
    countFromOne,
  );
