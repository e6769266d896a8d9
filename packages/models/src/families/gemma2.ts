// Gemma 2 (Gemma Team 2024): norms before and behind each branch, gains stored as 1 + g, an embedding times √D, a window in
// every second layer, softcaps on the scores of attention and on the logits. The codec of its config.json, and the forward
// pass. Source: transformers, models/gemma2: configuration_gemma2.py, modeling_gemma2.py.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Architecture } from "../architecture.ts";
import { oneOf, orDefault, positiveInteger, positiveNumber } from "../config.ts";
import { architecture, decoderCodec } from "./decoder.config.ts";
import { decoder } from "./decoder.ts";
import { type GemmaConfig, gemmaConfig, gemmaSettings, gemmaTraits } from "./gemma.ts";
import { type Windows, windowsOf } from "./windows.ts";

export type Gemma2Config = GemmaConfig & { readonly windows: Windows; readonly attentionSoftcap: number | undefined };

const SETTINGS = {
  family: "gemma2",
  understood: {
    ...gemmaSettings(8192),
    model_type: oneOf("gemma2"),
    architectures: architecture("Gemma2ForCausalLM"),
    sliding_window: orDefault(positiveInteger, 4096),
    attn_logit_softcapping: orDefault(positiveNumber, 50),
    final_logit_softcapping: orDefault(positiveNumber, 30),
  },
  neutral: { use_bidirectional_attention: [false] },
  harmless: ["cache_implementation", "sliding_window_size"],
};

/** Decodes a Gemma 2 configuration; `where` names its source in faults. */
export const decodeGemma2Config = decoderCodec(SETTINGS, (found, config, where) =>
  pipe(
    windowsOf(found, found.sliding_window, (layer) => layer % 2 === 0, where),
    E.map(
      (windows): Gemma2Config => ({
        ...gemmaConfig(found, config),
        windows,
        attentionSoftcap: found.attn_logit_softcapping,
      }),
    ),
  ),
);

export const gemma2 = (c: Gemma2Config): Architecture =>
  decoder("gemma2", {
    ...c,
    ...gemmaTraits(c),
    softcaps: { attention: c.attentionSoftcap, logit: c.logitSoftcap },
    layer: (l) => ({ rope: c.rope, window: c.windows[l] }),
  });
