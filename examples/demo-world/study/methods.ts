// What scores the parts of a prompt? DePass by each of its rules, and what it is compared with. A method is made ready once
// and then gives, for each aim, one number a part: for words all tokens but the first, which no world decides by; for heads
// all heads of all layers.
import {
  type Backend,
  constant,
  decompose,
  type Expr,
  f32,
  findSite,
  type Graph,
  linearRule,
  maxRule,
  mul,
  orThrow,
  pack,
  prune,
  type Rule,
  type Runner,
  reluRule,
  type Seed,
  share,
  simplify,
  softmaxRule,
  sum,
  type Tensors,
  taylorRule,
} from "@depass/graph";
import { type Model, site } from "@depass/models";
import {
  alongPath,
  attentionGradientRollout,
  attentionRollout,
  gradientTimesInput,
  headLevel,
  integratedGradients,
  scoresAlong,
  tokenLevel,
} from "depass";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Random } from "../random.ts";
import { aims, type Question } from "./questions.ts";
import type { Heads, Means } from "./removal.ts";

/** Scores by aim. */
export type Scores = readonly (readonly number[])[];

export type Method = {
  readonly name: string;
  readonly scores: (question: Question) => Promise<Scores>;
  readonly dispose: () => void;
};

/** A method that is made ready when its turn comes. */
export type Recipe = () => Promise<Method>;

const rules: readonly Rule[] = [softmaxRule(0.1), softmaxRule(1), maxRule(), reluRule(), linearRule(), taylorRule()];

/** Steps of integrated gradients. */
const STEPS = 32;

export type Setting = {
  readonly backend: Backend;
  readonly model: Model;
  readonly shape: Heads;
  readonly means: Means;
  readonly random: Random;
};

const prepared = ({ backend, model }: Setting, graph: Graph): Promise<Runner> =>
  backend.prepare(graph, model.weights)().then(orThrow);

const ran = (runner: Runner, inputs: Tensors): Promise<Tensors> => runner.run(inputs)().then(orThrow);

const numbers = (tensors: Tensors, name: string): readonly number[] => Array.from(tensors[name]?.data ?? []);

const source = ({ model }: Setting) => ({ scores: scoresAlong(model.architecture) });

/** One run for each aim, its cotangent given. */
const byAim =
  (score: (inputs: Tensors) => Promise<readonly number[]>) =>
  async ({ inputs }: Question): Promise<Scores> => {
    const scores: (readonly number[])[] = [];
    for (const aim of aims.keys()) {
      const cotangent = f32(
        [aims.length],
        Float32Array.from(aims, (_, i) => (i === aim ? 1 : 0)),
      );
      scores.push(await score({ ...inputs, "cotangent.scores": cotangent }));
    }
    return scores;
  };

const same = (scores: readonly number[]): Scores => aims.map(() => scores);

const partsGraph = (setting: Setting, seed: Seed, rule: Rule): Graph =>
  pipe(
    decompose(source(setting), { seed, rule }),
    E.map(({ graph }) => share(prune(["scores.parts"])(graph))),
    E.chain(simplify),
    E.chain(pack),
    orThrow,
  );

/** Of `scores.parts` `[M, Q]` the parts from 1 to before `end`. */
const partsFromOne = (tensors: Tensors, end: number): Scores => {
  const all = numbers(tensors, "scores.parts");
  return aims.map((_, aim) => Array.from({ length: end - 1 }, (_, m) => all[(m + 1) * aims.length + aim] as number));
};

const depassTokens =
  (setting: Setting, rule: Rule): Recipe =>
  async () => {
    const seed = orThrow(tokenLevel(setting.model.architecture));
    const runner = await prepared(setting, partsGraph(setting, seed, rule));
    return {
      name: `DePass, ${rule.name}`,
      scores: async ({ inputs }) => partsFromOne(await ran(runner, inputs), inputs.tokens.data.length),
      dispose: runner.dispose,
    };
  };

const depassHeads =
  (setting: Setting, rule: Rule): Recipe =>
  async () => {
    const { layers, heads } = setting.shape;
    const runners: Runner[] = [];
    for (let layer = 0; layer < layers; layer++) {
      const seed = orThrow(headLevel(setting.model.architecture, layer));
      runners.push(await prepared(setting, partsGraph(setting, seed, rule)));
    }
    return {
      name: `DePass, ${rule.name}`,
      scores: async ({ inputs }) => {
        const each: Scores[] = [];
        for (const runner of runners) each.push(partsFromOne(await ran(runner, inputs), heads + 1));
        return aims.map((_, aim) => each.flatMap((scores) => scores[aim] ?? []));
      },
      dispose: () => {
        for (const runner of runners) runner.dispose();
      },
    };
  };

const gradientTokens =
  (setting: Setting, name: string, from?: Expr): Recipe =>
  async () => {
    const place = site.residPre(0);
    const options = { of: ["scores"], sites: [place], ...(from === undefined ? {} : { from: { [place]: from } }) };
    const runner = await prepared(setting, orThrow(gradientTimesInput(source(setting), options)));
    const scores = byAim(async (inputs) => numbers(await ran(runner, inputs), place).slice(1));
    return { name, scores, dispose: runner.dispose };
  };

/** `[T, H, 1]` summed over the tokens. */
const overTokens = (values: readonly number[], heads: number): readonly number[] =>
  Array.from({ length: heads }, (_, h) => values.reduce((all, x, i) => (i % heads === h ? all + x : all), 0));

const gradientHeads =
  (setting: Setting, name: string, fromMean: boolean): Recipe =>
  async () => {
    const { layers, heads, width } = setting.shape;
    const sites = Array.from({ length: layers }, (_, layer) => site.attnZ(layer));
    const from = Object.fromEntries(
      sites.map((z, layer) => [z, constant(setting.means.heads[layer] ?? [], [heads, width])]),
    );
    const options = { of: ["scores"], sites, ...(fromMean ? { from } : {}) };
    const runner = await prepared(setting, orThrow(gradientTimesInput(source(setting), options)));
    const scores = byAim(async (inputs) => {
      const found = await ran(runner, inputs);
      return sites.flatMap((z) => overTokens(numbers(found, z), heads));
    });
    return { name, scores, dispose: runner.dispose };
  };

const integratedTokens =
  (setting: Setting, from: Expr): Recipe =>
  async () => {
    const options = { of: ["scores"], site: site.residPre(0), from };
    const runner = await prepared(setting, orThrow(integratedGradients(source(setting), options)));
    const scores = byAim(async (inputs) => Array.from(await alongPath(runner, inputs, STEPS)().then(orThrow)).slice(1));
    return { name: "integrated gradients", scores, dispose: runner.dispose };
  };

const rolloutTokens =
  (setting: Setting): Recipe =>
  async () => {
    const runner = await prepared(setting, { flow: orThrow(attentionRollout(setting.model.architecture.normed)) });
    return {
      name: "attention rollout",
      scores: async ({ inputs: { tokens } }) =>
        same(lastRow(numbers(await ran(runner, { tokens }), "flow"), tokens.data.length)),
      dispose: runner.dispose,
    };
  };

const gradientRolloutTokens =
  (setting: Setting): Recipe =>
  async () => {
    const runner = await prepared(setting, orThrow(attentionGradientRollout(source(setting), { of: ["scores"] })));
    const scores = byAim(async (inputs) =>
      lastRow(numbers(await ran(runner, inputs), "relevance"), inputs.tokens?.data.length ?? 0),
    );
    return { name: "attention × gradient rollout", scores, dispose: runner.dispose };
  };

/** The words' places in the last row of `[T, T]`. */
const lastRow = (rows: readonly number[], tokens: number): readonly number[] => rows.slice(1 - tokens);

const plain = (name: string, scores: (question: Question) => readonly number[]): Recipe => {
  const method = { name, scores: async (question: Question) => same(scores(question)), dispose: () => undefined };
  return async () => method;
};

/** The norm of the values at a site, over its last axis; `[T, H, F]` is first summed over the tokens. */
const normsOf = (x: Expr): Expr => sum(-1)(mul(x, x));

const normTokens =
  (setting: Setting): Recipe =>
  async () => {
    const found = findSite({ normed: setting.model.architecture.normed }, site.residPre(0)) as Expr;
    const runner = await prepared(setting, { norms: normsOf(found) });
    return {
      name: "norm of the embedding",
      scores: async ({ inputs: { tokens } }) => same(numbers(await ran(runner, { tokens }), "norms").slice(1)),
      dispose: runner.dispose,
    };
  };

const normHeads =
  (setting: Setting): Recipe =>
  async () => {
    const { layers, heads } = setting.shape;
    const normed = { normed: setting.model.architecture.normed };
    const names = Array.from({ length: layers }, (_, layer) => site.attnZ(layer));
    const graph = Object.fromEntries(names.map((z) => [z, normsOf(findSite(normed, z) as Expr)]));
    const runner = await prepared(setting, graph);
    return {
      name: "norm of the output",
      scores: async ({ inputs: { tokens } }) => {
        const found = await ran(runner, { tokens });
        return same(names.flatMap((z) => overTokens(numbers(found, z), heads)));
      },
      dispose: runner.dispose,
    };
  };

export const tokenMethods = (setting: Setting): readonly Recipe[] => {
  const mean = constant(setting.means.embedding);
  return [
    ...rules.map((rule) => depassTokens(setting, rule)),
    gradientTokens(setting, "gradient × input"),
    gradientTokens(setting, "gradient × (input − mean)", mean),
    integratedTokens(setting, mean),
    rolloutTokens(setting),
    gradientRolloutTokens(setting),
    normTokens(setting),
    plain("position, the last highest", ({ prompt }) => prompt.words.map((_, i) => i)),
    plain("random", ({ prompt }) => prompt.words.map(setting.random)),
  ];
};

export const headMethods = (setting: Setting): readonly Recipe[] => {
  const { layers, heads } = setting.shape;
  return [
    ...rules.map((rule) => depassHeads(setting, rule)),
    gradientHeads(setting, "gradient × input", false),
    gradientHeads(setting, "gradient × (input − mean)", true),
    normHeads(setting),
    plain("random", () => Array.from({ length: layers * heads }, setting.random)),
  ];
};
