// The text model of Gemma 3 (Gemma Team 2025): Gemma 2's, with norms on each head of q and k in place of the softcaps, and
// two ropes: layers with a window turn by one of their own. The codec of its config.json, and the forward pass.
// Source: transformers, models/gemma3: configuration_gemma3.py (Gemma3TextConfig), modeling_gemma3.py.
import type { Fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type * as t from "io-ts";
import type { Architecture } from "../architecture.ts";
import { oneOf, orDefault, orElse, positiveInteger, positiveNumber } from "../config.ts";
import { decodeRope, type Rope } from "../rope.ts";
import { unlessFaults } from "../settings.ts";
import { architecture, checkTurn, decoderCodec } from "./decoder.config.ts";
import { decoder } from "./decoder.ts";
import { type GemmaConfig, gemmaConfig, gemmaSettings, gemmaTraits } from "./gemma.ts";
import { isSliding, type Windows, windowsOf } from "./windows.ts";

export type Gemma3Config = GemmaConfig & {
  readonly windows: Windows;
  /** Whether each layer turns by the local rope. */
  readonly isLocal: readonly boolean[];
  readonly localRope: Rope;
};

const SETTINGS = {
  family: "gemma3_text",
  understood: {
    ...gemmaSettings(131_072),
    model_type: oneOf("gemma3_text"),
    architectures: architecture("Gemma3ForCausalLM"),
    sliding_window: orDefault(positiveInteger, 4096),
    sliding_window_pattern: orElse(positiveInteger, undefined), // every how manieth layer has no window
    _sliding_window_pattern: orElse(positiveInteger, undefined), // its name in newer files
    rope_local_base_freq: orElse(positiveNumber, undefined),
    final_logit_softcapping: orElse(positiveNumber, undefined),
  },
  neutral: { use_bidirectional_attention: [false], attn_logit_softcapping: [] },
  harmless: ["cache_implementation"],
};

type Found = t.TypeOfProps<typeof SETTINGS.understood>;

const localRope = (found: Found, where: string): E.Either<readonly Fault[], Rope> =>
  decodeRope({ rope_parameters: found.rope_parameters, rope_theta: found.rope_local_base_freq }, where, {
    layerType: "sliding_attention",
  });

/** Decodes the configuration of a Gemma 3 text model; `where` names its source in faults. */
export const decodeGemma3Config = decoderCodec(
  SETTINGS,
  (found, config, where) => {
    const every = found.sliding_window_pattern ?? found._sliding_window_pattern ?? 6;
    const isWindowed = (layer: number): boolean => (layer + 1) % every !== 0;
    return pipe(
      E.Do,
      E.bind("windows", () => windowsOf(found, found.sliding_window, isWindowed, where)),
      E.bind("localRope", () => localRope(found, where)),
      E.tap((c) => unlessFaults(c, checkTurn(c.localRope, config.headWidth, where))),
      E.map((own): Gemma3Config => ({ ...gemmaConfig(found, config), ...own, isLocal: isSliding(found, isWindowed) })),
    );
  },
  { defaultTheta: 1_000_000, layerType: "full_attention" },
);

export const gemma3 = (c: Gemma3Config): Architecture =>
  decoder("gemma3_text", {
    ...c,
    ...gemmaTraits(c),
    queryKeyNorms: "head",
    softcaps: { logit: c.logitSoftcap },
    layer: (l) => ({ rope: c.isLocal[l] === true ? c.localRope : c.rope, window: c.windows[l] }),
  });
