// Scores of heads and modules as the page carries them: a row a layer, a column a head, then the attention and the MLP as
// wholes; and the strongest neurons, where neurons have scores.
import type { Maps } from "../maps.ts";

export type Module = { readonly name: string; readonly score: number };

export type Modules = Pick<Maps, "heads" | "attention" | "mlp" | "explained" | "rule" | "gap"> & {
  /** The strongest of `of`. */
  readonly neurons?: { readonly strongest: readonly Module[]; readonly of: number };
};

/** Neurons on the page, at most; a model has hundreds of thousands. */
const MOST_NEURONS = 50;

const bySize = (a: Module, b: Module): number => Math.abs(b.score) - Math.abs(a.score);

/** The strongest, whichever way they push. */
export const strongest = (modules: readonly Module[], most: number): readonly Module[] =>
  [...modules].sort(bySize).slice(0, most);

const neuronsOf = (all: NonNullable<Maps["all"]>["neurons"]): NonNullable<Modules["neurons"]> => {
  const neurons = all.flatMap((row, layer) => Array.from(row, (score, n) => ({ name: `L${layer}N${n}`, score })));
  return { strongest: strongest(neurons, MOST_NEURONS), of: neurons.length };
};

export const modulesOf = ({ heads, attention, mlp, explained, rule, gap, all }: Maps): Modules => ({
  ...{ heads, attention, mlp, explained, rule, gap },
  ...(all === undefined ? {} : { neurons: neuronsOf(all.neurons) }),
});

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
