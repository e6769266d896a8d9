// Which options are there, and how are their values read? Those that say what the parts are stand in part-options.ts.
import type { Special } from "@depass/graph";
import { Option } from "commander";
import * as E from "fp-ts/lib/Either.js";
import type { BackendName } from "../backends.ts";
import type { Mode } from "../explaining.ts";
import { type SavableEnding, savableEnding, savableEndings } from "../savable.ts";
import { formats } from "./format.ts";
import { aboveZero, countFromOne, oneMore, refuse, some, wholeNumber } from "./option-codecs.ts";
import { basis, drill, neurons, ranges, seedNames, vectors } from "./part-options.ts";
import type { PromptOptions } from "./prompt.ts";
import { ruleNames, rulesIn } from "./rule-text.ts";

const powers: Readonly<Record<string, number>> = { "": 0, k: 1, m: 2, g: 3, t: 4 };

/** `2GiB`, `512MiB`, `1.5GB` (powers of 1000), plain bytes. */
export const parseBytes = (text: string): number => {
  const [, digits, prefix = "", binary] = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(i)?)?b?$/i.exec(text.trim()) ?? [];
  const unit = (binary === undefined ? 1000 : 1024) ** (powers[prefix.toLowerCase()] ?? 0);
  const bytes = Math.floor(Number(digits) * unit);
  // `2G` could be either; a unit is to say which.
  const isClear = prefix === "" || /b$/i.test(text.trim());
  return digits !== undefined && isClear && Number.isSafeInteger(bytes) && bytes > 0
    ? bytes
    : refuse("bytes, such as 2GiB, 512MiB, 1.5GB or 1000000");
};

const place =
  (endings: readonly SavableEnding[]) =>
  (text: string): string =>
    endings.some((ending) => ending === savableEnding(text))
      ? text
      : refuse(`a name that ends in ${endings.join(" or ")}`);

const page = (text: string): string => (/.\.html?$/i.test(text) ? text : refuse("a name that ends in .html"));

const onnxFile = (text: string): string => (/.\.onnx$/i.test(text) ? text : refuse("a name that ends in .onnx"));

export const model = (): Option =>
  new Option(
    "--model <model>",
    "a Hugging Face folder, a .gguf file, or OWNER/NAME on the hub, with @REVISION (default: the demo that comes along)",
  ).argParser(some("a folder, a .gguf file or an id of the hub"));

export const families = (): Option =>
  new Option("--families <file>", "a module that exports families of your own").argParser(some("a file"));

export const method = (): Option =>
  new Option("--method <file>", "a module that exports a rule, parts or a direction of your own").argParser(
    some("a file"),
  );

export const direction = (): Option =>
  new Option("--direction <file>", "read along this instead of the target's logit: a .safetensors or .json of one [D]")
    .argParser(vectors)
    .conflicts("foil");

export const chat = (): Option =>
  new Option("--chat", "the prompt is a user's message: put it into the model's chat template");

export const messages = (): Option =>
  new Option(
    "--messages <file>",
    'a conversation to be answered, by the model\'s chat template: a .json of [{ "role": …, "content": … }], or - for what is piped in',
  )
    .argParser(some("a file"))
    .conflicts(["prompt", "promptFile"]);

const readings = ["read", "refuse", "text"] as const satisfies readonly PromptOptions["specialTokens"][];

export const specialTokens = (): Option =>
  new Option(
    "--special-tokens <how>",
    "those that the prompt or messages spell, such as <|im_end|> (default: read)",
  ).choices([...readings]);

export const to = (): Option =>
  new Option(
    "--to <place>",
    "read the state entering this layer through the last norm; or what layers.5.attn_out, layers.5.mlp_out, head L5H3 or neuron L5N7 adds (default: the last state)",
  ).argParser(some("a layer's number or the name of a state, module, head or neuron"));

export const promotes = (): Option =>
  new Option("--promotes <number>", "that many tokens whose logits each part raises and lowers most").argParser(
    countFromOne,
  );

const ruleText = (text: string): string => E.match(refuse, () => text)(rulesIn(text));

const RULES = `${ruleNames.join(", ")}; by layer: softmax,taylor@0-9`;

export const rule = (): Option =>
  new Option("--rule <name>", `how an MLP's neurons are split among the parts: ${RULES}`)
    .argParser(ruleText)
    .default("softmax");

const modeNames = ["auto", "forward", "adjoint"] as const satisfies readonly Mode[];

export const mode = (): Option =>
  new Option("--mode <name>", "carry parts forward, or score them by one pass backwards (taylor)")
    .choices([...modeNames])
    .default("auto");

export const temperatureOption = (): Option =>
  new Option("--temperature <number>", "of the softmax rule").argParser(aboveZero).default(0.1);

export const tolerance = (): Option =>
  new Option("--tolerance <number>", "largest relative difference of scores that counts as the same")
    .argParser(aboveZero)
    .default(2e-5);

const specials = ["ignore", "keep"] as const satisfies readonly Special[];

export const special = (): Option =>
  new Option("--special <how>", "does the first token take MLP output at other tokens")
    .choices([...specials])
    .default("ignore");

/** Written again here, so that help does not wait for the backends to load. */
const backendNames = ["auto", "webgpu", "cpu", "reference"] as const satisfies readonly BackendName[];

export const backend = (): Option =>
  new Option("--backend <name>", "what runs it").choices([...backendNames]).default("auto");

/** Those that tell what they take. */
export const deviceBackend = (): Option =>
  new Option("--backend <name>", "what would run it").choices(["auto", "webgpu", "cpu"]).default("auto");

export const adapter = (): Option =>
  new Option("--adapter <name>", "GPU, by a part of its name (see depass devices)").argParser(some("a part of a name"));

export const memory = (): Option =>
  new Option("--memory <bytes>", "most that may be used on the device: 2GiB, 512MiB, …").argParser(parseBytes);

/** With the endings that the command's results can have. */
export const saveTo = (endings: readonly SavableEnding[] = savableEndings): Option =>
  new Option("--save <file>", `also write the result: ${endings.join(" or ")} (a line a result)`).argParser(
    place(endings),
  );

export const saveTextTo = (): Option =>
  new Option("--save <file>", "also write text, tokens and explanation: NAME.json").argParser(some("a file"));

export const reportTo = (): Option =>
  new Option("--report <file>", "also write a page to look at: NAME.html, which needs no network").argParser(page);

export const pageOut = (): Option =>
  new Option("-o, --out <file>", "the page to write: NAME.html, which needs no network").argParser(page);

/** `row`: what a row of its table is. */
export const format = (row = "part"): Option =>
  new Option("--format <format>", `how to print it: a table a row a ${row} as csv or markdown (default: text)`).choices(
    formats,
  );

export const out = (): Option => new Option("--out <file>", "what to write: NAME.onnx").argParser(onnxFile);

export const top = (): Option =>
  new Option("--top <number>", "rows of each table, at most").argParser(countFromOne).default(12);

export const tokens = (): Option =>
  new Option("--tokens <number>", "with --plan: bytes for a prompt of that many tokens").argParser(countFromOne);

export const tokenCount = (): Option =>
  new Option("--tokens <number>", "plan for a prompt of that many tokens").argParser(countFromOne);

export const maxTokens = (): Option =>
  new Option("--max-tokens <number>", "most tokens to add").argParser(countFromOne).default(64);

const fraction = (text: string): number => {
  const value = /^\s*$/.test(text) ? Number.NaN : Number(text);
  return value > 0 && value <= 1 ? value : refuse("a number above 0, at most 1");
};

/** How the next token is chosen; without any the likeliest is taken. */
export const sampling = (): readonly Option[] => [
  new Option("--temperature <number>", "draw tokens, from probabilities sharpened (below 1) or flattened").argParser(
    aboveZero,
  ),
  new Option(
    "--top-p <number>",
    "with --temperature: only the likeliest that together have this probability",
  ).argParser(fraction),
  new Option("--top-k <number>", "with --temperature: only that many of the likeliest").argParser(countFromOne),
  new Option("--seed <number>", "with --temperature: which draw; the same seed draws the same").argParser(wholeNumber),
];

/** How a continuation is explained; without any as `depass attribute` does. Its names are taken: `--seed` draws. */
export const explaining = (): readonly Option[] => [
  new Option("--rule <name>", `with --explain: how an MLP's neurons are split (default: softmax): ${RULES}`).argParser(
    ruleText,
  ),
  new Option("--rule-temperature <number>", "with --explain: of the softmax rule (default: 0.1)").argParser(aboveZero),
  new Option("--parts <level>", "with --explain: what the parts are (default: token)").choices([...seedNames]),
  new Option("--from <layer>", "with --explain: layer at whose input they begin, or whose they are").argParser(
    wholeNumber,
  ),
  neurons().conflicts("cite"),
  ranges().conflicts("cite"),
  drill().conflicts("cite"),
  basis().conflicts("cite"),
  method(),
  new Option("--special <how>", "with --explain: does the first token take MLP output (default: ignore)").choices([
    ...specials,
  ]),
];

/** `7= Rome`: the text as it is behind the first `=`. */
const foilPlace = (text: string, before: readonly string[] = []): readonly string[] =>
  /^\d{1,9}=./s.test(text)
    ? [...before, text]
    : refuse("the place of a new token, = and another token, such as '7= Rome'");

/** What the tokens of a continuation are told apart from. */
export const textFoils = (): readonly Option[] => [
  new Option(
    "--foil [token...]",
    "with --explain: why each token and not this: scores of its logit minus theirs (alone: the likeliest other token)",
  ),
  new Option("--foil-at <place=token>", "the same for the token at one place; may be given several times").argParser(
    foilPlace,
  ),
];

export const stop = (): Option =>
  new Option("--stop <text>", "end behind this text; may be given several times").argParser(oneMore);

export const unit = (): Option =>
  new Option("--by <unit>", "with --cite: what is ranked").choices(["token", "word", "sentence"]).default("word");
