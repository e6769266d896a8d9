// What an attribution is: a plain value with everything needed to read it, save it or draw it.
import type { Token } from "@depass/models";

/** A token of the vocabulary, and what a part adds to its logit. */
export type TokenScore = { readonly id: number; readonly text: string; readonly score: number };

/** One part's share of the target's logit. */
export type PartScore = {
  /** The token's or span's text, or a head's, module's or neuron's name, or `bias`, or `remainder`. */
  readonly name: string;
  /** Signed; all parts' scores sum to `total`. */
  readonly score: number;
  /** Length of the part's normed state. Absent in adjoint mode, which makes no states. */
  readonly norm?: number;
  /** The token of the prompt that the part began at, where it began at one. */
  readonly token?: number;
  /** The tokens of a span of several. */
  readonly tokens?: readonly number[];
  /** The tokens whose logits the part raises most, most first; where they were asked for and the part is not nothing. */
  readonly promotes?: readonly TokenScore[];
  /** Those whose logits it raises least or lowers most, the lowest first. */
  readonly suppresses?: readonly TokenScore[];
};

/** The scores as they would be if the model stopped at a site of the stream and read it through the last norm. */
export type LayerScores = {
  readonly site: string;
  /** In the order of the result's parts. */
  readonly scores: readonly number[];
  readonly explained: number;
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
  /** `forward`: parts were carried through the network. `adjoint`: scored by one pass backwards. */
  readonly mode: "forward" | "adjoint";
  readonly prompt: string;
  readonly tokens: readonly Token[];
  /** The token whose state is read: its next token is the target. */
  readonly position: number;
  readonly target: Target;
  /**
   * What was read: the site of a state, through the last norm, or a module, head or neuron, by what it alone adds to the
   * target's logit; absent where the model's own logits are explained.
   */
  readonly to?: string;
  /** What the target was told apart from. */
  readonly foils?: readonly Target[];
  /** Scores are along a direction of one's own: the target is then only what was likeliest, or named. */
  readonly direction?: true;
  /**
   * What the scores sum to, but for rounding: the target's logit, or how much it is above the mean of the foils', or the
   * state's product with a direction of one's own.
   */
  readonly explained: number;
  /** Named parts in order, then `bias` and `remainder` (0 where the model or the seed has none). */
  readonly parts: readonly PartScore[];
  /** Sum of the scores. */
  readonly total: number;
  /** |total - explained|, relative to it or to the target's logit: how far the parts are from the whole, rounding included. */
  readonly gap: number;
  /** By layer, where that was asked for. */
  readonly layers?: readonly LayerScores[];
  readonly times: Times;
  /** SHA-256 of the weights and of the graph that ran; in saved results (fingerprint.ts). */
  readonly hashes?: { readonly weights: string; readonly graph: string };
  /** The options of the command that made it, for `depass verify`. */
  readonly call?: Readonly<Record<string, unknown>>;
  /**
   * The parts' normed last states `[M, D]`, row-major, in the order of `parts` without absent extras. Absent in adjoint mode.
   */
  readonly states?: {
    readonly names: readonly string[];
    readonly shape: readonly [number, number];
    readonly data: Float64Array;
  };
};

/** Whether what is read is a component's share of the last state, and not a state. */
export const isComponent = (to: string | undefined): boolean => to !== undefined && !/(^|\.)resid_\w+$/.test(to);

type Result = Pick<Attribution, "backend" | "model" | "tokens"> & { readonly states?: unknown };

type JsonOf<A extends Result> = Omit<A, "states" | "backend"> & {
  readonly backend: string;
  readonly device: string;
  readonly why: string;
};

/** What `--json` prints. */
export type AttributionJson = JsonOf<Attribution>;

/** The plain object that `--json` prints; states are left out, `--save` writes them. */
export const toJson = <A extends Result>({ states: _, backend, model, tokens, ...rest }: A): JsonOf<A> =>
  ({
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
  }) as unknown as JsonOf<A>;
