// The one list of names for places in a transformer: what seeds, reports and errors call them.
// The words are TransformerLens's (resid_pre, resid_mid, attn_out, mlp_out, z, post), so that a researcher knows them.

export const site = {
  /** The residual stream entering layer l, S[2l]: `[T, D]`. */
  residPre: (layer: number): string => `layers.${layer}.resid_pre`,
  /** The stream after that layer's attention was added, S[2l+1]: `[T, D]`. */
  residMid: (layer: number): string => `layers.${layer}.resid_mid`,
  /** What the attention adds: `[T, D]`. */
  attnOut: (layer: number): string => `layers.${layer}.attn_out`,
  /** Every head's mixed values before the output projection: `[T, H, F]`. */
  attnZ: (layer: number): string => `layers.${layer}.attn.z`,
  /** Where there are experts, the neurons' outputs before the router's weights: what a rule splits. */
  expertPost: (layer: number): string => `layers.${layer}.mlp.expert_post`,
  /** What the MLP adds: `[T, D]`. */
  mlpOut: (layer: number): string => `layers.${layer}.mlp_out`,
  /** The neurons' outputs: `[T, I]`. */
  mlpPost: (layer: number): string => `layers.${layer}.mlp.post`,
  /** The stream entering the last norm, S[2L]: `[T, D]`. */
  residFinal: "resid_final",
  /** The last norm's output, which the unembedding reads: `[T, D]`. */
  lnFinal: "ln_final",
} as const;
