// Attention without its linear maps: rotary turn, frozen weights, mixing of values. All f32.
import { type Composites, type Dim, product, times } from "@depass/graph";
import type { Kernel } from "../kernel.ts";
import { groupSize, perIndex, perRow, shareOf, type Team } from "./invocation.ts";
import { load, type Operand } from "./operand.ts";

/** Turns `[…, T, H, F]` by tables `[T, F/2]`; one invocation per element, its partner half a row away. */
export const rope = (name: string, x: Operand, cos: Operand, sin: Operand): Kernel => {
  const [tokens, heads, width] = x.shape.slice(-3) as unknown as readonly [Dim, number, number];
  return perIndex(name, product(x.shape), [x, cos, sin], ([x0, x1, x2], sizes) => {
    const half = width / 2;
    return `  let f = i % ${width}u;
  let at = ((i / ${heads * width}u) % ${sizes.of(tokens)}) * ${half}u + f % ${half}u;
  let c = ${load(x1 as string, cos, "at")};
  let s = ${load(x2 as string, sin, "at")};
  let own = ${load(x0 as string, x, "i")};
  if (f < ${half}u) { out[i] = own * c - ${load(x0 as string, x, `i + ${half}u`)} * s; }
  else { out[i] = own * c + ${load(x0 as string, x, `i - ${half}u`)} * s; }`;
  });
};

/**
 * Causal softmax(scale · q kᵀ): q `[Q, H, F]`, k `[S, K, F]` → `[H, Q, S]`. A team per (head, query), see perRow: scores go
 * to `out` first, each by one invocation, and are read back by the same invocation; reductions of a workgroup use its
 * memory. Query i stands at position i + S - Q; keys before a window are neither multiplied nor read.
 */
export const attentionWeights = (
  name: string,
  q: Operand,
  k: Operand,
  { scale, window, softcap }: Composites["attentionWeights"],
  team: Team = groupSize,
): Kernel => {
  const [queries, heads, width] = q.shape as unknown as readonly [Dim, number, number];
  const [keys, groups] = k.shape as unknown as readonly [Dim, number];
  const shared = `var<workgroup> lanes: array<f32, ${groupSize}>;`;
  return perRow(name, times(heads, queries), [q, k], team, shared, ([x0, x1], sizes) => {
    const [Q, S] = [sizes.of(queries), sizes.of(keys)];
    const from = window === undefined ? "0u" : "first";
    const skip = window === undefined || team === 1 ? "" : " if (j < first) { continue; }";
    const isSeen = window === undefined ? "j < seen" : "j >= first && j < seen";
    const score = `dot * f32(${scale})`;
    return `  let h = row / ${Q};
  let query = row % ${Q};
  let seen = query + ${S} - ${Q} + 1u;${window === undefined ? "" : `\n  let first = seen - min(seen, ${window}u);`}
  let q0 = (query * ${heads}u + h) * ${width}u;
  var top = -3e38;
  ${shareOf(team, "j", "seen", from)} {${skip}
    let k0 = (j * ${groups}u + h / ${heads / groups}u) * ${width}u;
    var dot = 0.0;
    for (var f = 0u; f < ${width}u; f++) { dot += ${load(x0 as string, q, "q0 + f")} * ${load(x1 as string, k, "k0 + f")}; }
    let score = ${softcap === undefined ? score : `f32(${softcap}) * tanh_of(${score} / f32(${softcap}))`};
    out[row * ${S} + j] = score;
    top = max(top, score);
  }
${folded("top", "max(lanes[lane], lanes[lane + half])", team)}
  var total = 0.0;
  ${shareOf(team, "j", "seen", from)} {${skip} total += exp_of(out[row * ${S} + j] - top); }
${folded("total", "lanes[lane] + lanes[lane + half]", team)}
  ${shareOf(team, "j", S)} {
    if (${isSeen}) { out[row * ${S} + j] = exp_of(out[row * ${S} + j] - top) / total; } else { out[row * ${S} + j] = 0.0; }
  }`;
  });
};

/** WGSL: a variable of each invocation becomes the whole team's. */
const folded = (variable: string, merge: string, team: Team): string =>
  team === 1
    ? ""
    : `  workgroupBarrier();
  lanes[lane] = ${variable};
  workgroupBarrier();
  for (var half = ${groupSize / 2}u; half > 0u; half >>= 1u) {
    if (lane < half) { lanes[lane] = ${merge}; }
    workgroupBarrier();
  }
  ${variable} = lanes[0];`;

/** Values `[…, S, K, F]` mixed by weights `[H, Q, S]` → `[…, Q, H, F]`; one invocation per element of the result. */
export const attend = (name: string, weights: Operand, v: Operand): Kernel => {
  const [heads, queries, keys] = weights.shape as unknown as readonly [number, Dim, Dim];
  const [groups, width] = v.shape.slice(-2) as unknown as readonly [number, number];
  const size = product([...v.shape.slice(0, -3), queries, heads, width]);
  return perIndex(name, size, [weights, v], ([x0, x1], sizes) => {
    const [Q, S] = [sizes.of(queries), sizes.of(keys)];
    return `  let f = i % ${width}u;
  let h = (i / ${width}u) % ${heads}u;
  let query = (i / ${heads * width}u) % ${Q};
  let part = i / (${heads * width}u * ${Q});
  let a0 = (h * ${Q} + query) * ${S};
  let v0 = part * ${S} * ${groups * width}u + (h / ${heads / groups}u) * ${width}u + f;
  var total = 0.0;
  for (var j = 0u; j < ${S}; j++) { total += ${load(x0 as string, weights, "a0 + j")} * ${load(x1 as string, v, `v0 + j * ${groups * width}u`)}; }
  out[i] = total;`;
  });
};
