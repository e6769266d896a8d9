// What a family makes of its config: the whole forward pass as one expression, and where each tensor of the
// expression stands in a checkpoint.
import type { Expr } from "@depass/graph";
import type { Unembedding } from "./unembedding.ts";

export type Architecture = Unembedding & {
  readonly family: string;
  readonly layers: number;
  readonly hidden: number;
  readonly vocabulary: number;
  /** Longest prompt the positions are trained for. */
  readonly context: number;
  /** The last norm's output `[T, D]`; states in between are reached by their sites. */
  readonly normed: Expr;
  /** What the names of a checkpoint of the base model alone lack, such as `transformer.` (checkpoint/prefix.ts). */
  readonly prefix?: string;
};
