// What was run? The method, the model and what computed it, each with its name, in words that need no manual.
import { duration } from "../report/numbers.ts";
import { visible } from "../report/visible.ts";
import type { AttributionJson } from "../result.ts";

export type RanFact = readonly [name: string, text: string];

/** `softmax 0.1` with its number's name. */
const ruleSaid = (rule: string): string => rule.replace(/^softmax ([^\s,]+)/, "softmax, temperature $1");

/** What the rule does with the first token, where tokens are the parts; a rule of one's own may do anything. */
const firstToken = ({ rule, seed }: AttributionJson): string => {
  if (!seed.startsWith("token ")) return "";
  if (/^taylor$|, special token kept$/.test(rule))
    return "a part like any other: it takes MLP output at other tokens, too";
  return /^(softmax \S+|max|relu|linear)$/.test(rule) ? "set apart: it takes no MLP output at other tokens" : "";
};

const listed = (texts: readonly string[]): string => [...new Set(texts)].map(visible).join(" ");

/** Which special tokens are in the prompt, and who put them there. */
const specialTokens = ({ tokens }: AttributionJson): string => {
  const added = tokens.filter((t) => t.origin !== "text").map((t) => t.text);
  const spelled = tokens.filter((t) => t.origin === "text" && t.special).map((t) => t.text);
  const said = [
    ...(added.length === 0 ? [] : [`${listed(added)} put there by the tokenizer`]),
    ...(spelled.length === 0 ? [] : [`${listed(spelled)} spelled in the text and read as such`]),
  ];
  return said.length === 0 ? "none in the prompt" : said.join("; ");
};

/** What every backend computes in, whatever the weights are kept as. */
const precisions: Readonly<Record<string, string>> = {
  webgpu: "32-bit floats",
  cpu: "32-bit floats",
  reference: "64-bit floats",
};

const timesSaid = ({ load, prepare, run }: AttributionJson["times"]): string =>
  `${load === undefined ? "" : `load ${duration(load)}, `}prepare ${duration(prepare)}, run ${duration(run)}`;

/** Those of which something is known. `stretch`: how many tokens of a written text are explained together. */
export const ranFacts = (result: AttributionJson, stretch = 1): readonly RanFact[] => {
  const { model, rule, seed, mode, to, backend, device, why, times, position, hashes, gap } = result;
  const facts: readonly RanFact[] = [
    ["Model", `${model.path} (${model.family}, ${model.layers} layers)`],
    ["Rule", ruleSaid(rule)],
    ["First token", firstToken(result)],
    ["Special tokens", specialTokens(result)],
    ["Parts", seed],
    [
      "Read",
      stretch > 1
        ? `in front of each of ${stretch} tokens`
        : `behind token ${position}${to === undefined ? "" : `, at ${to}`}`,
    ],
    ["Mode", mode === "adjoint" ? "one pass backwards" : "parts carried forward"],
    ["Backend", backend === "" ? "" : `${backend} on ${device}: ${why}`],
    ["Precision", precisions[backend] ?? ""],
    ["Conservation gap", `${gap.toExponential(1)} of what is explained`],
    ["Hashes", hashes === undefined ? "" : `weights ${hashes.weights}, graph ${hashes.graph}`],
    ["Time", timesSaid(times)],
  ];
  return facts.filter(([, text]) => text !== "");
};
