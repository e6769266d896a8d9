// Random small transformers with their weights and tokens: every family's traits in random mixtures, at sizes that the f64
// oracle decomposes in milliseconds.

import fc from "fast-check";
import { pipe } from "fp-ts/lib/function.js";
import { dims, type Sizes } from "../dim.ts";
import { at, type Expr, type Graph } from "../expr.ts";
import * as nn from "../nn.ts";
import type { Activation } from "../op.ts";
import { leavesOf, type Tensors } from "../sizes.ts";
import * as s from "../syntax.ts";
import { filled, noise, readAs } from "./values.ts";

export type ModelConfig = {
  readonly tokens: number;
  readonly layers: number;
  /** Key/value heads, and query heads per each of them. */
  readonly kvHeads: number;
  readonly each: number;
  /** Half the head width. */
  readonly half: number;
  readonly width: number;
  readonly neurons: number;
  readonly norm: "rms" | "layer";
  readonly gated: boolean;
  readonly activation: Activation;
  readonly biases: boolean;
  readonly positions: "rotary" | "learned" | "none";
  /** Attention and MLP read the same state, as in GPT-NeoX. */
  readonly parallel: boolean;
  /** Heads of q and k have norms, turn in part, and see a window through a softcap: Qwen3, Phi3, Mistral, Gemma. */
  readonly bounded: boolean;
  /** Each branch ends with a norm, its gain stored as 1 + g, and a factor: Gemma, Granite. */
  readonly after: boolean;
  /** Gated MLPs to choose from, at most two a token; 0 where there is no choice. */
  readonly experts: number;
  readonly seed: number;
};

export type RandomModel = {
  readonly config: ModelConfig;
  readonly logits: Expr;
  readonly graph: Graph;
  readonly tensors: Tensors;
  readonly sizes: Sizes;
  /** Sites of the residual stream, `state.0` … in order. */
  readonly states: readonly string[];
};

const vocabulary = 7;
const longest = 6;

export const configs: fc.Arbitrary<ModelConfig> = fc.record({
  tokens: fc.integer({ min: 1, max: longest }),
  layers: fc.integer({ min: 1, max: 3 }),
  kvHeads: fc.integer({ min: 1, max: 2 }),
  each: fc.integer({ min: 1, max: 2 }),
  half: fc.integer({ min: 1, max: 2 }),
  width: fc.integer({ min: 1, max: 6 }),
  neurons: fc.integer({ min: 1, max: 5 }),
  norm: fc.constantFrom("rms" as const, "layer" as const),
  gated: fc.boolean(),
  activation: fc.constantFrom<Activation[]>("silu", "gelu", "geluTanh", "relu"),
  biases: fc.boolean(),
  positions: fc.constantFrom("rotary" as const, "learned" as const, "none" as const),
  parallel: fc.boolean(),
  bounded: fc.boolean(),
  after: fc.boolean(),
  experts: fc.constantFrom(0, 0, 1, 4),
  seed: fc.nat(999),
});

/** The model of a config: `tokens` in, `logits` out. */
export const modelOf = (config: ModelConfig): RandomModel => {
  const logits = architecture(config);
  const graph = { logits };
  const sizes = { T: config.tokens };
  const states = Array.from({ length: (config.parallel ? 1 : 2) * config.layers + 1 }, (_, i) => `state.${i}`);
  return { config, logits, graph, tensors: tensorsOf(graph, config), sizes, states };
};

const readAsConfig = (config: ModelConfig): RandomModel => readAs(modelOf(config), () => JSON.stringify(config));

/** Read as their configs; modelOf() makes the same one again. */
export const anyModels: fc.Arbitrary<RandomModel> = configs.map(readAsConfig);

/** Without experts, whose choice jumps and whose likelihoods are rounded: what differences measure. */
export const models: fc.Arbitrary<RandomModel> = configs.map((config) => readAsConfig({ ...config, experts: 0 }));

/** The models with a loss in place of their logits: how well they guess random next tokens. */
export const losses: fc.Arbitrary<Pick<RandomModel, "graph" | "tensors" | "sizes">> = models.map((model) => {
  const { config, logits, tensors, sizes } = model;
  const targets = s.input("targets", ["T"], "i32");
  const loss = nn.crossEntropy({ tokens: "T", vocabulary, targets })(logits);
  const wanted = filled(dims(["T"]), sizes, (i) => wordAt(i, config.seed + 1), "i32");
  return readAs({ graph: { loss }, tensors: { ...tensors, targets: wanted }, sizes }, () => JSON.stringify(config));
});

const wordAt = (i: number, seed: number): number => Math.floor(((noise(i, seed) + 1) / 2) * vocabulary);

const architecture = (c: ModelConfig): Expr => {
  const heads = c.kvHeads * c.each;
  const headWidth = 2 * c.half;
  const w = (name: string, ...shape: number[]): Expr => s.weight(name, shape);
  const map = (name: string, outs: number, ins: number): nn.Linear =>
    c.biases ? { weight: w(name, outs, ins), bias: w(`${name}.bias`, outs) } : { weight: w(name, outs, ins) };
  const norm = (name: string) =>
    c.norm === "rms"
      ? nn.rmsNorm(w(name, c.width), 1e-5)
      : nn.layerNorm(w(name, c.width), w(`${name}.shift`, c.width), 1e-5);
  const turned = c.bounded ? 1 : c.half;
  const rotary =
    c.positions === "rotary"
      ? { rotary: nn.rotaryTables("T", [1, 0.3].slice(0, turned)), rotaryWidth: 2 * turned }
      : {};
  const headNorm = (name: string) => nn.rmsNorm(w(name, headWidth), 1e-5);
  const bounds = (l: number) =>
    c.bounded
      ? { headNorms: { q: headNorm(`${l}.q.norm`), k: headNorm(`${l}.k.norm`) }, limits: { window: 2, softcap: 1.5 } }
      : {};
  const ended = (name: string) => (x: Expr) =>
    c.after ? s.mul(nn.rmsNorm(s.add(1, w(name, c.width)), 1e-5)(x), 0.7) : x;
  const attention = (l: number) =>
    nn.attention({
      tokens: "T",
      heads,
      kvHeads: c.kvHeads,
      headWidth,
      q: map(`${l}.q`, heads * headWidth, c.width),
      k: map(`${l}.k`, c.kvHeads * headWidth, c.width),
      v: map(`${l}.v`, c.kvHeads * headWidth, c.width),
      o: map(`${l}.o`, c.width, heads * headWidth),
      site: `mixed.${l}`,
      ...rotary,
      ...bounds(l),
    });
  const choice = (l: number) => {
    const all = (name: string, outs: number, ins: number): readonly Expr[] =>
      Array.from({ length: c.experts }, (_, e) => w(`${l}.${name}.${e}`, outs, ins));
    return nn.experts({
      activation: c.activation,
      router: map(`${l}.router`, c.experts, c.width),
      chosen: Math.min(2, c.experts),
      normalized: c.biases,
      gate: all("gate", c.neurons, c.width),
      up: all("up", c.neurons, c.width),
      down: all("down", c.width, c.neurons),
      neurons: c.neurons,
      hidden: c.width,
      site: `neurons.${l}`,
    });
  };
  const mlp = (l: number) => {
    if (c.experts > 0) return choice(l);
    const shared = { activation: c.activation, up: map(`${l}.up`, c.neurons, c.width), site: `neurons.${l}` };
    const down = map(`${l}.down`, c.width, c.neurons);
    return c.gated
      ? nn.gatedMlp({ ...shared, down, gate: map(`${l}.gate`, c.neurons, c.width) })
      : nn.mlp({ ...shared, down });
  };
  const branches = (l: number) => ({
    attention: (x: Expr): Expr => pipe(x, norm(`${l}.norm1`), attention(l), ended(`${l}.after1`), at(`attention.${l}`)),
    mlp: (x: Expr): Expr => pipe(x, norm(`${l}.norm2`), mlp(l), ended(`${l}.after2`), at(`mlp.${l}`)),
  });
  const layer =
    (l: number) =>
    (x: Expr): Expr => {
      const { attention: attend, mlp: think } = branches(l);
      if (c.parallel) return at(`state.${l + 1}`)(s.add(s.add(x, attend(x)), think(x)));
      const middle = at(`state.${2 * l + 1}`)(s.add(x, attend(x)));
      return at(`state.${2 * l + 2}`)(s.add(middle, think(middle)));
    };
  const embedded = nn.embedding(w("embed", vocabulary, c.width), s.input("tokens", ["T"], "i32"));
  const positions = s.gather(-2, s.iota("T"))(w("positions", longest, c.width));
  const entry = at("state.0")(c.positions === "learned" ? s.add(embedded, positions) : s.mul(embedded, 1.5));
  const last = Array.from({ length: c.layers }, (_, l) => layer(l)).reduce((x, f) => f(x), entry);
  return pipe(last, norm("norm"), nn.unembed(w("head", vocabulary, c.width)), at("logits"));
};

/** Matrices in ±1, gains around 1. */
const tensorsOf = (graph: Graph, { tokens, seed }: ModelConfig): Tensors =>
  Object.fromEntries(
    leavesOf(graph).map(({ params: { name, shape } }) => {
      const own = [...name].reduce((h, letter) => (31 * h + letter.charCodeAt(0)) % 65521, seed);
      const value = (i: number): number => (/norm\d?$/.test(name) ? 1 : 0) + noise(i, own);
      return [
        name,
        name === "tokens" ? filled(shape, { T: tokens }, (i) => wordAt(i, own), "i32") : filled(shape, {}, value),
      ];
    }),
  );
