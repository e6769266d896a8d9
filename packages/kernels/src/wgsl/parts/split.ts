// Kernels that split the neurons of an MLP among parts by shares of their gates, dense `[M, T, I]`, in groups, or as packed rows.
import { type Dim, product, type Shares, type Special, times } from "@depass/graph";
import type { Kernel } from "../../kernel.ts";
import { perIndex, type Result } from "../invocation.ts";
import { load, type Operand, type SizeNames } from "../operand.ts";
import { inner, type Packed, wholeToken, withRows } from "./packed.ts";

type Split = {
  readonly shares: Shares;
  readonly temperature: number;
  readonly special: Special;
  readonly epsilon: number;
};

/** How the sharing kernel finds the parts of one token: how many, where each is, which one is the remainder. */
type Places = {
  /** The token that stands at a place of the tile. */
  readonly token: (place: string) => string;
  readonly before: string;
  readonly count: string;
  readonly at: string;
  readonly remainder: string;
};

/** WGSL: what a gate g weighs that is not 0, given the largest and the least of the token's. */
const weights: Readonly<Record<Shares, (temperature: number) => string>> = {
  softmax: (temperature) => `exp_of(min((g - top) / f32(${temperature}), 0.0))`,
  max: () => "select(0.0, 1.0, g == top)",
  relu: () => "max(g, 0.0)",
  linear: () => "select(g - low, 1.0, top == low)",
};

/**
 * Neurons split by shares of the gates. One invocation per (token, neuron), neighbours on neighbouring neurons, runs over
 * the token's parts three times: largest and least, Σ weights (kept in `out`), scaling; so each is weighed once.
 */
const shareOut = (
  name: Result,
  tokens: Dim,
  gate: Operand,
  neurons: Operand,
  options: Split,
  places: (s: SizeNames) => Places,
): Kernel =>
  perIndex(name, times(tokens, neurons.shape.at(-1) as Dim), [gate, neurons], ([x0, x1], sizes) => {
    const I = sizes.of(neurons.shape.at(-1) as Dim);
    const { token, before, count, at, remainder } = places(sizes);
    const elsewhere = options.special === "ignore" ? "0.0" : "g";
    return `  let neuron = i % ${I};
  let token = ${token(`i / ${I}`)};
${before}
  let count = ${count};
  let rest = ${remainder};
  var top = -3e38;
  var low = 3e38;
  for (var m = 0u; m < count; m++) {
    var g = ${load(x0 as string, gate, at)};
    if (m == 0u) { g = select(${elsewhere}, 1.0, token == 0u); }
    if (m == rest && abs(g) < f32(${options.epsilon})) { g = 0.0; }
    out[${at}] = g;
    if (g != 0.0) { top = max(top, g); low = min(low, g); }
  }
  var total = 0.0;
  for (var m = 0u; m < count; m++) {
    let g = out[${at}];
    let e = select(${weights[options.shares](options.temperature)}, 0.0, g == 0.0);
    out[${at}] = e;
    total += e;
  }
  let a = ${load(x1 as string, neurons, `token * ${I} + neuron`)};
  if (total == 0.0) { let m = rest; out[${at}] = a; return; }
  for (var m = 0u; m < count; m++) { out[${at}] = (out[${at}] / total) * a; }`;
  });

export const split = (name: string, gate: Operand, neurons: Operand, p: Split & { readonly remainder: Dim }): Kernel =>
  gate.shape.length > 3 ? splitGroups(name, gate, neurons, p) : splitDense(name, gate, neurons, p);

type Dense = Split & { readonly remainder: Dim };

const splitDense = (name: string, gate: Operand, neurons: Operand, p: Dense): Kernel =>
  shareOut(name, neurons.shape[0] as Dim, gate, neurons, p, (sizes) => ({
    token: (place) => place,
    before: "",
    count: sizes.of(gate.shape[0] as Dim),
    at: `m * ${sizes.of(inner(gate.shape))} + i`,
    remainder: sizes.of(p.remainder),
  }));

/** Groups of parts `[…, M, T, I]`, each shared out by itself; consecutive invocations are consecutive tokens of one group. */
const splitGroups = (name: string, gate: Operand, neurons: Operand, p: Dense): Kernel => {
  const tokens = neurons.shape[0] as Dim;
  return shareOut(name, times(product(gate.shape.slice(0, -3)), tokens), gate, neurons, p, (sizes) => {
    const [whole, parts] = [sizes.of(product(neurons.shape)), sizes.of(gate.shape.at(-3) as Dim)];
    return {
      token: (place) => `(${place}) % ${sizes.of(tokens)}`,
      before: `  let begin = (i / ${whole}) * ${parts} * ${whole} + i % ${whole};`,
      count: parts,
      at: `begin + m * ${whole}`,
      remainder: sizes.of(p.remainder),
    };
  });
};

export const splitRows = (
  name: Result,
  gate: Operand,
  neurons: Operand,
  p: Split & Packed & { readonly remainder: number },
): Kernel =>
  withRows(
    p.extras,
    shareOut(name, p.tile?.tokens ?? p.tokens, gate, neurons, p, (sizes) => ({
      token: (place) => wholeToken(place, p, sizes),
      before: `  let begin = first_row(token)${p.tile === undefined ? "" : ` - ${sizes.of(p.tile.firstRow)}`};`,
      count: `token + ${1 + p.extras}u`,
      at: `(begin + m) * ${sizes.of(neurons.shape.at(-1) as Dim)} + neuron`,
      remainder: `token + ${1 + p.remainder}u`,
    })),
  );
