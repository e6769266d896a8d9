// What an attribution is: a plain value with everything needed to read it, save it or draw it.
import type { Token } from "@depass/models";

/** One part's share of the target's logit. */
export type PartScore = {
  /** The token's text, or `bias`, or `remainder`. */
  readonly name: string;
  /** Signed; all parts' scores sum to `total`. */
  readonly score: number;
  /** Which token of the prompt the part began at; absent for bias and remainder. */
  readonly token?: number;
};

export type Target = {
  readonly id: number;
  readonly text: string;
  /** As the model computed it, before any part was made. */
  readonly logit: number;
  /** Softmax of the logits at that position. */
  readonly probability: number;
  /** What the scores sum to where the model bends its logits: the logit before softcap · tanh(logit / softcap). */
  readonly explained?: { readonly logit: number; readonly softcap: number };
};

/** Seconds. `load` is opening the checkpoint, absent when that was done before; `prepare`, 0 then, is compiling and uploading. */
export type Times = { readonly load?: number; readonly prepare: number; readonly run: number };

export type Attribution = {
  readonly model: { readonly path: string; readonly family: string; readonly layers: number };
  readonly backend: { readonly name: string; readonly device: string; readonly why: string };
  readonly rule: string;
  readonly seed: string;
  readonly prompt: string;
  readonly tokens: readonly Token[];
  /** The token whose state is read: its next token is the target. */
  readonly position: number;
  readonly target: Target;
  /** Named parts in order, then `bias` and `remainder` (0 where the model or the seed has none). */
  readonly parts: readonly PartScore[];
  /** Sum of the scores. */
  readonly total: number;
  /**
   * |total - logit| / |logit|, the logit being the explained one where there is a softcap: how far the parts are from
   * explaining the whole, rounding included.
   */
  readonly gap: number;
  readonly times: Times;
  /** The parts' normed last states `[M, D]`, row-major, in the order of `parts` without absent extras. */
  readonly states: {
    readonly names: readonly string[];
    readonly shape: readonly [number, number];
    readonly data: Float64Array;
  };
};

/** The plain object that `--json` prints; states are left out, `--save` writes them. */
export const toJson = ({
  states: _,
  backend,
  model,
  tokens,
  ...rest
}: Attribution): Readonly<Record<string, unknown>> => ({
  backend: backend.name,
  device: backend.device,
  why: backend.why,
  model,
  ...rest,
  tokens: tokens.map(({ id, text, start, end, whole, special, origin }) => ({
    id,
    text,
    start,
    end,
    whole,
    special,
    origin,
  })),
});
