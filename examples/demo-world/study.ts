// Does the explanation tell the truth? On the demo, whose world knows which word of a prompt decides its answer: how often the
// highest score is that word's, and how the scores agree with what removing a part does. Prints markdown; docs/truth.md reads
// it.
//
//   npm run study -- [--prompts N] [--seed S] [--model FOLDER] [--json FILE]
import { writeFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { orThrow, toF64 } from "@depass/graph";
import { cpu } from "@depass/onnx";
import { load } from "depass";
import { randomOf } from "./random.ts";
import { answeredRight, type Effects, effectsOf } from "./study/effects.ts";
import { headFigures, type Row, summaries, wordFigures } from "./study/figures.ts";
import { headMethods, type Method, type Recipe, type Scores, type Setting, tokenMethods } from "./study/methods.ts";
import { aims, type Question, questionsOf } from "./study/questions.ts";
import { type Heads, headMeans, type Means, removerOf } from "./study/removal.ts";
import { mean } from "./study/statistics.ts";
import { type Measured, overallTable, rankTable, shareTable, table } from "./study/tables.ts";
import { worldOf } from "./world.ts";

const { values } = parseArgs({
  options: {
    prompts: { type: "string", default: "200" },
    seed: { type: "string", default: "11" },
    model: { type: "string" },
    json: { type: "string" },
  },
});
const wholeNumber = (name: "prompts" | "seed"): number => {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`--${name}: expected a whole number above 0, got ${values[name]}`);
};
const [count, seed] = [wholeNumber("prompts"), wholeNumber("seed")];

const begun = performance.now();
/** What goes on, on stderr: stdout is the document. */
const say = (what: string): void => console.warn(`${((performance.now() - begun) / 1000).toFixed(0)} s   ${what}`);

const world = worldOf(1);
const model = await load(values.model);
const backend = orThrow(await cpu()());
const { config } = model.checkpoint as { readonly config: Readonly<Record<string, number>> };
const shape: Heads = {
  layers: model.architecture.layers,
  heads: config.num_attention_heads as number,
  width: config.head_dim as number,
};

/** The mean of all rows of the embedding table. */
const meanEmbedding = async (): Promise<readonly number[]> => {
  const rows = toF64(orThrow(await model.checkpoint.read("model.embed_tokens.weight")()));
  const { hidden, vocabulary } = model.architecture;
  const means = new Array<number>(hidden).fill(0);
  rows.forEach((x, i) => {
    means[i % hidden] = (means[i % hidden] as number) + x / vocabulary;
  });
  return means;
};

const asked = await questionsOf(model, world, seed, count);
const questions = await answeredRight(backend, model, asked);
const means: Means = {
  embedding: await meanEmbedding(),
  heads: await headMeans(backend, model, shape, questions),
};
say(`${questions.length} of ${asked.length} prompts answered right; removing their parts`);

const remover = await removerOf(backend, model, shape);
const effects: Effects[] = [];
for (const question of questions) effects.push(await effectsOf(remover, shape, means, question));
remover.dispose();

type Figures = (question: Question, effects: Effects, scores: Scores) => Row<number>;

const figuresOf = async (figures: Figures, { name, scores }: Pick<Method, "name" | "scores">): Promise<Measured> => {
  const rows: Row<number>[] = [];
  for (const [i, question] of questions.entries())
    rows.push(figures(question, effects[i] as Effects, await scores(question)));
  return { method: name, figures: summaries(questions, rows, seed) };
};

const measured = async (figures: Figures, recipes: readonly Recipe[]): Promise<readonly Measured[]> => {
  const all: Measured[] = [];
  for (const recipe of recipes) {
    const method = await recipe();
    all.push(await figuresOf(figures, method));
    method.dispose();
    say(method.name);
  }
  return all;
};

const effectOf = (question: Question): Effects => effects[questions.indexOf(question)] as Effects;

const setting: Setting = { backend, model, shape, means, random: randomOf(seed) };
const tokens = [
  await figuresOf(wordFigures, { name: "the effect itself", scores: async (q) => effectOf(q).words }),
  ...(await measured(wordFigures, tokenMethods(setting))),
];
const heads = [
  await figuresOf(headFigures, { name: "the effect itself", scores: async (q) => effectOf(q).heads }),
  ...(await measured(headFigures, headMethods(setting))),
];

/** One prompt word by word: what the tables are made of. */
const sample = async (): Promise<string> => {
  const question =
    questions.find(({ prompt }) => prompt.text.startsWith("The capital of")) ?? (questions[0] as Question);
  const method = await (tokenMethods(setting)[0] as Recipe)();
  const scores = await method.scores(question);
  method.dispose();
  const { words } = effectOf(question);
  const rows = question.prompt.words.map((word, i) => [
    i === question.prompt.deciding ? `**${word}**` : word,
    ...aims.flatMap((_, aim) => [scores, words].map((from) => Number(from[aim]?.[i]).toFixed(2))),
  ]);
  const head = ["", "score, logit", "effect, logit", "score, contrast", "effect, contrast"];
  return `${question.prompt.text} ▸ ${question.prompt.answer}\n\n${table(head, rows)}`;
};

const chance = mean(questions.map(({ prompt }) => 1 / prompt.words.length));
const counts = (["fact", "ioi", "copy"] as const)
  .map((kind) => {
    const of = (list: readonly Question[]): number => list.filter(({ prompt }) => prompt.kind === kind).length;
    return `${kind} ${of(questions)} of ${of(asked)}`;
  })
  .join(", ");

console.log(`Prompts answered right, which are the ones below: ${counts}.

## The word with the highest score decides, % of prompts

By chance ${(100 * chance).toFixed(1)} %.

### Scores of the logit

${shareTable(tokens, "logit.top")}

### Scores of the contrast

${shareTable(tokens, "contrast.top")}

## Words: rank correlation of score and effect

### Of the logit

${rankTable(tokens, "logit.rank")}

### Of the contrast

${rankTable(tokens, "contrast.rank")}

### Without their signs, and how often the last word is the highest

${overallTable(tokens, {
  "ρ of sizes, logit": { name: "logit.size", show: "rank" },
  "ρ of sizes, contrast": { name: "contrast.size", show: "rank" },
  "last word, logit, %": { name: "logit.last", show: "share" },
  "last word, contrast, %": { name: "contrast.last", show: "share" },
})}

## Heads: rank correlation of score and effect

### Of the logit, a head replaced by its mean

${rankTable(heads, "logit.rank")}

### Of the contrast, a head replaced by its mean

${rankTable(heads, "contrast.rank")}

### Other removals, over all prompts

${overallTable(heads, {
  "replaced by zero, logit": { name: "logit.zero", show: "rank" },
  "replaced by zero, contrast": { name: "contrast.zero", show: "rank" },
  "ρ of sizes, logit": { name: "logit.size", show: "rank" },
  "ρ of sizes, contrast": { name: "contrast.size", show: "rank" },
})}

## One prompt, DePass with softmax 0.1

${await sample()}`);

if (values.json !== undefined)
  await writeFile(values.json, `${JSON.stringify({ count, seed, chance, tokens, heads }, null, 1)}\n`);
await backend.close();
await model.close();
say("done");
