// Is every setting of a config.json one that we know the meaning of? A family lists the keys it decodes, the keys it
// supports at certain values only, and the keys that cannot change a forward pass. Anything else is a fault, so that no
// setting that changes the mathematics is ever silently ignored; null alone is taken as "not set".
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { decode } from "./config.ts";
import { clip, describe, isRecord } from "./describe.ts";

export type Settings<P extends t.Props> = {
  readonly family: string;
  /** Keys whose values are used. */
  readonly understood: P;
  /** Keys whose effect is not implemented, with the values at which they have none. */
  readonly neutral: Readonly<Record<string, readonly unknown[]>>;
  /** Keys without an effect on a forward pass, beyond those of every family. */
  readonly harmless: readonly string[];
};

/** Bookkeeping, training, and generation options of the base class of transformers: no effect on a forward pass. */
const HARMLESS: readonly string[] = (
  "_name_or_path _commit_hash transformers_version torch_dtype dtype use_cache " +
  "initializer_range attention_dropout hidden_dropout resid_pdrop embd_pdrop pad_token_id sep_token_id " +
  "decoder_start_token_id tokenizer_class prefix torchscript use_bfloat16 tf_legacy_loss return_dict " +
  "output_attentions output_hidden_states is_decoder id2label label2id finetuning_task problem_type " +
  "task_specific_params max_length min_length do_sample early_stopping num_beams num_beam_groups " +
  "diversity_penalty temperature top_k top_p typical_p repetition_penalty length_penalty no_repeat_ngram_size " +
  "encoder_no_repeat_ngram_size bad_words_ids num_return_sequences output_scores return_dict_in_generate " +
  "forced_bos_token_id forced_eos_token_id remove_invalid_values exponential_decay_length_penalty " +
  "suppress_tokens begin_suppress_tokens transformers.js_config unsloth_version unsloth_fixed"
).split(" ");

/** Settings of the base class, and of variants in use, that do change it: supported only where they do nothing. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  is_encoder_decoder: [false],
  add_cross_attention: [false],
  tie_encoder_decoder: [false],
  chunk_size_feed_forward: [0],
  pruned_heads: [{}],
  partial_rotary_factor: [1],
  quantization_config: [],
  auto_map: [],
};

const neutralFault = (where: string, key: string, value: unknown, allowed: readonly unknown[]): Fault => {
  const values = allowed.map((v) => JSON.stringify(v)).join(" or ");
  return fault(
    "config",
    `${where} at ${key}`,
    values || "this setting absent",
    describe(value),
    "this is not supported yet",
  );
};

const unknownFault = (where: string, key: string, value: unknown, family: string): Fault =>
  fault(
    "config",
    `${where} at ${clip(key)}`,
    `settings known of ${family}`,
    `an unknown setting, ${describe(value)}`,
    "it might change the result, so it is not ignored: remove it if it has no effect",
  );

const ofKey = <P extends t.Props>(settings: Settings<P>, where: string) => {
  const neutrals = new Map(Object.entries({ ...NEUTRAL, ...settings.neutral }));
  const fine = new Set([...HARMLESS, ...settings.harmless, ...Object.keys(settings.understood)]);
  return ([key, value]: readonly [string, unknown]): readonly Fault[] => {
    if (fine.has(key) || value === null) return [];
    const allowed = neutrals.get(key);
    if (allowed === undefined) return [unknownFault(where, key, value, settings.family)];
    return allowed.some((neutral) => JSON.stringify(neutral) === JSON.stringify(value))
      ? []
      : [neutralFault(where, key, value, allowed)];
  };
};

const MOST_FAULTS = 20; // reported; the first few say what is wrong with the file

/** The understood settings of `json`. Faults (tag `config`): every setting that is wrong, unsupported or unknown. */
export const decodeSettings =
  <P extends t.Props>(settings: Settings<P>) =>
  (json: unknown, where: string): E.Either<readonly Fault[], t.TypeOfProps<P>> => {
    if (!isRecord(json)) return E.left([fault("config", where, "an object of settings", describe(json))]);
    const odd = Object.entries(json).flatMap(ofKey(settings, where));
    const decoded = decode(t.type(settings.understood))(json, where);
    return odd.length === 0
      ? decoded
      : E.left([...(E.isLeft(decoded) ? decoded.left : []), ...odd].slice(0, MOST_FAULTS));
  };

/** What a family's own relations between settings add: no faults, the value. */
export const unlessFaults = <A>(value: A, faults: readonly Fault[]): E.Either<readonly Fault[], A> =>
  faults.length === 0 ? E.right(value) : E.left(faults);

/** A fault where `holds` is false. */
export const unless = (holds: boolean, where: string, key: string, expected: string, got: unknown): readonly Fault[] =>
  holds ? [] : [fault("config", `${where} at ${key}`, expected, describe(got))];
