// Scores of heads and modules as the page carries them: a row a layer, a column a head, then the attention and the MLP as wholes.
import type { Maps } from "../maps.ts";

export type Modules = Pick<Maps, "heads" | "attention" | "mlp" | "explained" | "rule" | "gap">;

export const modulesOf = ({ heads, attention, mlp, explained, rule, gap }: Maps): Modules => ({
  heads,
  attention,
  mlp,
  explained,
  rule,
  gap,
});

export type Module = { readonly name: string; readonly score: number };

/** `[L][H + 2]`; a layer with fewer heads than another has fewer columns of heads, too. */
export const moduleRows = ({ heads, attention, mlp }: Modules): readonly (readonly Module[])[] =>
  heads.map((scores, layer) => [
    ...scores.map((score, head) => ({ name: `L${layer}H${head}`, score })),
    { name: `L${layer} attention`, score: attention[layer] ?? 0 },
    { name: `L${layer} MLP`, score: mlp[layer] ?? 0 },
  ]);

/** Names of the columns. */
export const moduleColumns = ({ heads }: Modules): readonly string[] => [
  ...(heads[0] ?? []).map((_, head) => `${head}`),
  "attention",
  "MLP",
];
