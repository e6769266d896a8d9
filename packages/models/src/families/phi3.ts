// Phi3 (Abdin et al. 2024) and Phi-4-mini: Llama's architecture with q, k and v in one matrix, gate and up in another, and
// a turn of a part of each head. The codec of its config.json, and the forward pass.
// Source: transformers, models/phi3: configuration_phi3.py, modeling_phi3.py.
import type { Fault } from "@depass/graph";
import type * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import type { Architecture } from "../architecture.ts";
import { oneOf, orElse, positiveInteger, positiveNumber } from "../config.ts";
import { unless, unlessFaults } from "../settings.ts";
import { architecture, commonSettings, type DecoderConfig, decoderCodec } from "./decoder.config.ts";
import { decoder } from "./decoder.ts";

export type Phi3Config = DecoderConfig & { readonly window: number | undefined };

const SETTINGS = {
  family: "phi3",
  understood: {
    ...commonSettings(4096),
    rms_norm_eps: orElse(positiveNumber, 1e-5),
    model_type: oneOf("phi3"),
    architectures: architecture("Phi3ForCausalLM"),
    sliding_window: orElse(positiveInteger, undefined),
    original_max_position_embeddings: orElse(positiveInteger, 4096),
    partial_rotary_factor: t.unknown, // decoded with the rope
  },
  neutral: {},
  harmless: [],
};

/** Decodes a Phi3 configuration; `where` names its source in faults. */
export const decodePhi3Config = decoderCodec(
  SETTINGS,
  (found, config, where): E.Either<readonly Fault[], Phi3Config> => {
    const { kind } = config.rope;
    // Other kinds mean something else to transformers' Phi3, or nothing.
    const isKnown = kind === "default" || kind === "longrope";
    const wanted = '"default" or "longrope"';
    return unlessFaults<Phi3Config>(
      { ...config, window: found.sliding_window },
      unless(isKnown, where, "rope_scaling", `${wanted} for this family, as other kinds are not supported yet`, kind),
    );
  },
  { mayBePartial: true },
);

export const phi3 = (c: Phi3Config): Architecture =>
  decoder("phi3", { ...c, fused: true, layer: () => ({ rope: c.rope, window: c.window }) });
