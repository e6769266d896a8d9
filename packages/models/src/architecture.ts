// What a family makes of its config: the whole forward pass as one expression, and where each tensor of the
// expression stands in a checkpoint.
import type { Expr } from "@depass/graph";

export type Architecture = {
  readonly family: string;
  readonly layers: number;
  readonly hidden: number;
  readonly vocabulary: number;
  /** Longest prompt the positions are trained for. */
  readonly context: number;
  /** The last norm's output `[T, D]`; states in between are reached by their sites. */
  readonly normed: Expr;
  /** Logits `[…, V]` of normed states `[…, D]`. */
  readonly unembed: (normed: Expr) => Expr;
  /** The unembedding's weight `[V, D]`: a row of it is the direction of a token. */
  readonly unembedding: string;
};
