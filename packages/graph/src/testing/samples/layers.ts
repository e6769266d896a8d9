// Samples of what transformers are made of: the composites of expand/layers.ts.
import type { DecompositionName } from "../../expand/decomposition.ts";
import type { CompositeName } from "../../op.ts";
import { noise } from "../values.ts";
import {
  by,
  type Few,
  gates,
  ids,
  none,
  none_,
  of,
  positive,
  type Sample,
  type Samples,
  whole,
  wide,
  withT,
  x,
} from "./operands.ts";

const far = by((i) => 60 * noise(i), 4);
const logits: Few = [of(none_, x("T", "T")), of(none_, wide(3, 131)), withT(1, of(none_, x(2, "T"))), of(none_, far)];
const norms = (affine: number): readonly [Sample<{ readonly eps: number }>, ...Sample<{ readonly eps: number }>[]] => [
  of({ eps: 1e-5 }, x("T", 6), ...[x(6), positive(6)].slice(0, affine)),
  of({ eps: 1e-3 }, x(2, "T", 131), ...[x(131), positive(131)].slice(0, affine)),
  withT(1, of({ eps: 1 }, none("T", 4), ...[x(4), positive(4)].slice(0, affine))),
];

export const layerSamples: Samples<Exclude<CompositeName, DecompositionName>> = {
  linear: [
    of({}, x("T", 6), x(4, 6)),
    of({}, x(6), x(4, 6)),
    of({}, x(2, "T", 16), x(5, 16)),
    of({}, x("T", 64), x(67, 64)),
    withT(1, of({}, x("T", 1), x(1, 1))),
  ],
  softmax: logits,
  logSumExp: logits,
  rmsScale: norms(0),
  layerScale: norms(0),
  rmsNorm: norms(1),
  layerNorm: norms(2),
  activate: [
    of({ activation: "silu" }, wide("T", 6)),
    of({ activation: "gelu" }, wide("T", 6)),
    of({ activation: "geluTanh" }, wide("T", 6)),
    of({ activation: "relu" }, gates("T", 6)),
    of(
      { activation: "silu" },
      by((i) => 120 * noise(i), "T", 5),
    ),
  ],
  gated: [
    of({ activation: "silu" }, wide("T", 6), x("T", 6)),
    of({ activation: "gelu" }, wide("T", 6), x("T", 6)),
    of({ activation: "geluTanh" }, wide(2, "T", 3), x(2, "T", 3)),
    of({ activation: "relu" }, gates("T", 6), x("T", 6)),
  ],
  rope: [
    of({}, x("T", 2, 4), x("T", 2), x("T", 2)),
    of({}, x(3, "T", 1, 2), x("T", 1), x("T", 1)),
    withT(1, of({}, x("T", 3, 6), x("T", 3), x("T", 3))),
  ],
  attentionWeights: [
    of({ scale: 0.5 }, x("T", 2, 4), x("T", 2, 4)),
    of({ scale: 1 }, wide("T", 4, 3), x("T", 2, 3)),
    of({ scale: 0.3 }, x(2, 4, 3), x("T", 1, 3)),
    withT(1, of({ scale: 1 }, x("T", 2, 1), x("T", 2, 1))),
    withT(70, of({ scale: 1 }, x("T", 1, 2), x("T", 1, 2))),
    of({ scale: 0.5, softcap: 1.5 }, x("T", 4, 3), x("T", 2, 3)),
    of({ scale: 1, window: 2 }, x("T", 2, 3), x("T", 1, 3)),
    of({ scale: 0.4, window: 3, softcap: 50 }, x(2, 4, 3), x("T", 2, 3)),
    withT(1, of({ scale: 1, window: 1, softcap: 1 }, x("T", 2, 1), x("T", 2, 1))),
    withT(140, of({ scale: 1, window: 67 }, x("T", 1, 2), x("T", 1, 2))),
  ],
  attend: [
    of({}, x(2, "T", "T"), x("T", 2, 4)),
    of({}, x(4, "T", "T"), x(3, "T", 2, 3)),
    of({}, x(4, 2, "T"), x(3, "T", 1, 3)),
    withT(1, of({}, x(2, "T", "T"), x(2, 2, "T", 2, 1))),
  ],
  topK: [
    of({ k: 2 }, x("T", 4)),
    of({ k: 3 }, whole(3, "T", 7)),
    of({ k: 1 }, wide(5)),
    of({ k: 4 }, none(2, 3, 4)),
    withT(1, of({ k: 8 }, x("T", 131))),
  ],
  toExperts: [
    of({}, x("T", 6), x(3, 4, 6), whole(3, "T", 2)),
    of({}, x(3, "T", 5), x(4, 3, 5), ids(4, "T", 3)),
    of({}, x(9, 16), x(2, 67, 16), whole(2, 9, 1)),
    withT(1, of({}, x(2, 2, "T", 1), x(1, 1, 1), none("T", 1))),
  ],
  fromExperts: [
    of({}, x("T", 8), x(3, 6, 4), whole(3, "T", 2)),
    of({}, x(3, "T", 9), x(4, 5, 3), ids(4, "T", 3)),
    of({}, x(9, 16), x(2, 67, 16), whole(2, 9, 1)),
    withT(1, of({}, x(2, 2, "T", 1), x(1, 1, 1), none("T", 1))),
  ],
};
