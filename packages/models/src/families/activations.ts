// Which non-linearity does a config.json mean? The names of transformers' `ACT2FN` that are ours too.
import type { Activation } from "@depass/graph";
import { oneOf } from "../config.ts";

const ACTIVATIONS = {
  gelu: "gelu",
  // One formula, written three times: tanh in place of the error function.
  gelu_new: "geluTanh",
  gelu_fast: "geluTanh",
  gelu_pytorch_tanh: "geluTanh",
  relu: "relu",
  silu: "silu",
  swish: "silu",
} as const satisfies Readonly<Record<string, Activation>>;

export type ActivationName = keyof typeof ACTIVATIONS;

export const activationName = oneOf(...(Object.keys(ACTIVATIONS) as ActivationName[]));

export const activationOf = (name: ActivationName): Activation => ACTIVATIONS[name];
