// What is in a result, as a table: a row a part or a cell, a column a thing that is known of it. For spreadsheets and documents.
import type { Citation } from "../cite.ts";
import type { Comparison } from "../compare.ts";
import type { ExplainedToken, GeneratedExplanation } from "../explain-generated.ts";
import type { Generation } from "../generate.ts";
import type { Maps } from "../maps.ts";
import type { Attribution } from "../result.ts";
import { goal } from "./facts.ts";
import { tokensOfPart } from "./pieces.ts";
import { quoted } from "./visible.ts";

export type Cell = string | number;

export type Records = {
  /** What the table is of; for formats that have room for it. */
  readonly about: string;
  /** The token that is explained, and what it is told apart from; where it is one. */
  readonly target?: string;
  readonly columns: readonly string[];
  /** As long as `columns`, each; "" where a thing is not known. */
  readonly rows: readonly (readonly Cell[])[];
};

const targetOf = ({ target, foils = [], direction }: Pick<Attribution, "target" | "foils" | "direction">): string =>
  (direction ? "a direction of one's own, beside " : "") +
  `${quoted(target.text)} (#${target.id})${foils.map((f) => `, not ${quoted(f.text)} (#${f.id})`).join("")}`;

const voices = ["promotes", "suppresses"] as const;

/**
 * A row a part: its name, its tokens' numbers, its score, its norm, its score at each layer and the tokens it promotes and
 * suppresses most, where those were asked for.
 */
export const attributionRecords = (a: Attribution): Records => {
  const layers = a.layers ?? [];
  const told = a.parts.some(({ promotes }) => promotes !== undefined) ? voices : [];
  return {
    target: targetOf(a),
    about: `${targetOf(a)}: ${goal(a)}, parts ${a.total.toFixed(4)}, relative gap ${a.gap.toExponential(1)}; rule ${a.rule}; seed ${a.seed}`,
    columns: ["part", "tokens", "score", "norm", ...layers.map(({ site }) => `score at ${site}`), ...told],
    rows: a.parts.map((part, i) => [
      part.name,
      tokensOfPart(part).join(" "),
      part.score,
      part.norm ?? "",
      ...layers.map(({ scores }) => scores[i] ?? ""),
      ...told.map((voice) => (part[voice] ?? []).map(({ text }) => quoted(text)).join(" ")),
    ]),
  };
};

/** The tables of several prompts as one: the number of the prompt and its target in front, every column that any of them has. */
export const joinedRecords = (all: readonly Records[]): Records => {
  const columns = [...new Set(all.flatMap((records) => records.columns))];
  return {
    about: `${all.length} prompts`,
    columns: ["prompt", "target", ...columns],
    rows: all.flatMap(({ columns: own, rows, target = "" }, i) => {
      const places = columns.map((name) => own.indexOf(name));
      return rows.map((row) => [i + 1, target, ...places.map((place) => row[place] ?? "")]);
    }),
  };
};

const cells = (kind: string, rows: readonly ArrayLike<number>[]): readonly (readonly Cell[])[] =>
  rows.flatMap((row, layer) => Array.from(row, (score, index): readonly Cell[] => [kind, layer, index, score]));

const modules = (kind: string, scores: readonly number[]): readonly (readonly Cell[])[] =>
  scores.map((score, layer) => [kind, layer, "", score]);

/** A row a head, attention and MLP of each layer; by a linear rule also one a token and a neuron. */
export const mapRecords = (m: Maps): Records => ({
  target: targetOf(m),
  about: `${targetOf(m)}: ${goal(m)}, largest relative gap ${m.gap.toExponential(1)}; rule ${m.rule}`,
  columns: ["kind", "layer", "index", "score"],
  rows: [
    ...cells("head", m.heads),
    ...modules("attention", m.attention),
    ...modules("mlp", m.mlp),
    ...cells("token", m.all?.tokens ?? []),
    ...cells("neuron", m.all?.neurons ?? []),
  ],
});

/** A row a part, a column a rule. */
export const comparisonRecords = ({ attributions, moved }: Comparison): Records => {
  const [first] = attributions;
  return {
    target: first === undefined ? "" : targetOf(first),
    about: first === undefined ? "" : `${targetOf(first)}: scores by ${moved.length + 1} rules; seed ${first.seed}`,
    columns: ["part", "tokens", ...attributions.map(({ rule }) => rule)],
    rows: (first?.parts ?? []).map((part, i) => [
      part.name,
      tokensOfPart(part).join(" "),
      ...attributions.map(({ parts }) => parts[i]?.score ?? ""),
    ]),
  };
};

export type GenerationTold = {
  readonly generation: Generation;
  readonly explanation?: GeneratedExplanation;
  readonly citation?: Citation;
};

const citedRecords = (c: Citation): Records => ({
  about: `where ${quoted(c.text)} comes from${c.foil === undefined ? "" : `, and not ${quoted(c.foil)}`}`,
  columns: ["source", "start", "end", "tokens", "score"],
  rows: [
    ...c.sources.map(({ text, start, end, tokens, score }) => [text, start, end, tokens.join(" "), score]),
    ...(["answer", "bias", "remainder"] as const).map((name) => [name, "", "", "", c[name]]),
  ],
});

const foilsOf = ({ foils = [] }: ExplainedToken): string => foils.map((f) => `${quoted(f.text)} (#${f.id})`).join(", ");

/** A row a part of each token; with foils in a column where any token is told apart from others. */
const explainedRecords = ({ rule, seed, parts, tokens, encoding }: GeneratedExplanation): Records => {
  const contrast = tokens.some((t) => t.foils !== undefined);
  const about = `what each generated token comes from${contrast ? ", and not its foil" : ""}`;
  return {
    about: `${about}; rule ${rule}; seed ${seed}`,
    columns: ["position", "token", ...(contrast ? ["foil"] : []), "from", "part", "score"],
    rows: tokens.flatMap((t) => {
      const front = [t.position, encoding.tokens[t.position]?.text ?? "", ...(contrast ? [foilsOf(t)] : [])];
      return [
        ...Array.from(t.scores, (score, from): readonly Cell[] => [...front, from, parts[from]?.name ?? "", score]),
        [...front, "", "bias", t.bias],
        [...front, "", "remainder", t.remainder],
      ];
    }),
  };
};

const generatedRecords = ({ generated, finish, encoding }: Generation): Records => ({
  about: `${generated.length} tokens, ended by ${finish}`,
  columns: ["position", "id", "token", "logit", "probability"],
  rows: generated.map(({ position, id, logit, probability }) => [
    position,
    id,
    encoding.tokens[position]?.text ?? "",
    logit,
    probability,
  ]),
});

/** A row a source where a citation was asked for, a row a pair of tokens where an explanation was, else a row a token. */
export const generationRecords = ({ generation, explanation, citation }: GenerationTold): Records => {
  if (citation !== undefined) return citedRecords(citation);
  return explanation === undefined ? generatedRecords(generation) : explainedRecords(explanation);
};
