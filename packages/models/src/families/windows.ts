// Which layers of a model see a window only? Its `layer_types` say so, or a pattern of its family where they are absent.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { oneOf, orElse } from "../config.ts";
import { unless } from "../settings.ts";

/** A list of one word for each layer. */
export const layerTypes = orElse(t.readonlyArray(oneOf("full_attention", "sliding_attention")), undefined);

type Found = {
  readonly num_hidden_layers: number;
  readonly layer_types: t.TypeOf<typeof layerTypes>;
};

/** Keys that a query of each layer sees; undefined for all. */
export type Windows = readonly (number | undefined)[];

/** Whether each layer has a window. */
export const isSliding = (
  { num_hidden_layers: layers, layer_types: types }: Found,
  byPattern: (layer: number) => boolean,
): readonly boolean[] =>
  types?.map((type) => type === "sliding_attention") ?? Array.from({ length: layers }, (_, layer) => byPattern(layer));

/** Faults (tag `config`): a list of another length, a window that has no size. */
export const windowsOf = (
  found: Found,
  window: number | undefined,
  byPattern: (layer: number) => boolean,
  where: string,
): E.Either<readonly Fault[], Windows> => {
  const sliding = isSliding(found, byPattern);
  const first = sliding.indexOf(true);
  const { num_hidden_layers: layers, layer_types: types } = found;
  const faults = [
    ...unless(sliding.length === layers, where, "layer_types", `one for each of ${layers} layers`, types),
    ...(first < 0 || window !== undefined
      ? []
      : [fault("config", `${where} at sliding_window`, `a window for layer ${first}, which has one`, "nothing")]),
  ];
  return faults.length > 0 ? E.left(faults) : E.right(sliding.map((has) => (has ? window : undefined)));
};
