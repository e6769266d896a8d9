// From normed states to logits: a matrix, a scale, and with some families a softcap. Scores explain what stands before the
// softcap, times the scale: that is linear in the state.
import { type Expr, linear, mul, softcapped, weight } from "@depass/graph";

export type Unembedding = {
  /** The weight `[V, D]`: a row of it is the direction of a token. */
  readonly unembedding: string;
  /** Logits `[…, V]` of normed states `[…, D]`. */
  readonly unembed: (normed: Expr) => Expr;
  /** The same before the softcap, where there is one: what scores sum to. */
  readonly explained: (normed: Expr) => Expr;
  /** A score is a part's product with a row of the unembedding, times this. */
  readonly logitScale: number;
  /** c of c · tanh(explained / c); absent where logits are what is explained. */
  readonly softcap?: number;
};

export const unembeddingOf = (
  name: string,
  shape: readonly [vocabulary: number, hidden: number],
  { scale = 1, softcap }: { readonly scale?: number; readonly softcap?: number | undefined } = {},
): Unembedding => {
  const product = linear(weight(name, shape));
  const explained = (x: Expr): Expr => (scale === 1 ? product(x) : mul(product(x), scale));
  const bounded = softcap === undefined ? {} : { softcap };
  return {
    unembedding: name,
    unembed: softcap === undefined ? explained : (x) => softcapped(softcap)(explained(x)),
    explained,
    logitScale: scale,
    ...bounded,
  };
};
