// Samples of what decompositions are made of: the composites of expand/decomposition.ts.
import { plus } from "../../dim.ts";
import type { DecompositionName } from "../../expand/decomposition.ts";
import type { Ops } from "../../op.ts";
import { noise } from "../values.ts";
import {
  alike,
  below,
  by,
  gates,
  ids,
  none,
  type Operand,
  of,
  R,
  type Sample,
  type Samples,
  T,
  tiny,
  whole,
  withT,
  x,
} from "./operands.ts";

const otherShares = ["max", "relu", "linear"] as const;
/** Weights of queries on keys, nothing after the query's own place: `[H, T, T]`. */
const causal = (heads: number): Operand =>
  by((i, _, { T = 1 }) => (i % T <= Math.floor(i / T) % T ? 0.5 + 0.5 * noise(i, 17) : 0), heads, "T", "T");

const rows = (extras: number) => ({ extras, tokens: T });

export const decompositionSamples: Samples<DecompositionName> = {
  tokenParts: [of({ extras: 0 }, x("T", 3)), of({ extras: 1 }, x("T", 3)), withT(1, of({ extras: 2 }, x("T", 3)))],
  addToPart: [
    of({ part: T, rank: 2 }, x(plus(T, 2), "T", 3), x("T", 3)),
    of({ part: 0, rank: 2 }, x(plus(T, 2), "T", 3), x(3)),
    of({ part: 2, rank: 2 }, x(3, "T", 4), x("T", 1)),
    of({ part: 1, rank: 1 }, x(2, 4), x()),
    of({ part: 1, rank: 3 }, x(2, "T", 2, 3), x("T", 1, 3)),
    of({ part: 1, rank: 2 }, x(3, 2, "T", 4), x("T", 1)),
    of({ part: T, rank: 1 }, x(2, 3, plus(T, 1), 4), x(4)),
  ],
  split: [
    of({ shares: "softmax", temperature: 0.1, special: "ignore", remainder: T }, gates(plus(T, 1), "T", 4), x("T", 4)),
    of(
      { shares: "softmax", temperature: 0.1, special: "keep", remainder: plus(T, 1) },
      gates(plus(T, 2), "T", 4),
      x("T", 4),
    ),
    of({ shares: "softmax", temperature: 2, special: "keep", remainder: 2 }, x(3, "T", 67), x("T", 67)),
    of({ shares: "softmax", temperature: 0.1, special: "ignore", remainder: 2 }, none(3, "T", 4), x("T", 4)),
    of({ shares: "softmax", temperature: 0.1, special: "keep", remainder: 2 }, gates(4, 3, "T", 5), x("T", 5)),
    of({ shares: "softmax", temperature: 0.5, special: "ignore", remainder: 2 }, gates(2, 2, 3, "T", 4), x("T", 4)),
    of({ shares: "softmax", temperature: 0.01, special: "keep", remainder: 1 }, tiny(2, "T", 4), x("T", 4)),
    withT(
      1,
      of({ shares: "softmax", temperature: 0.1, special: "ignore", remainder: T }, x(plus(T, 1), "T", 3), x("T", 3)),
    ),
    ...otherShares.flatMap((shares): readonly Sample<Ops["split"]>[] => [
      of({ shares, temperature: 1, special: "ignore", remainder: T }, gates(plus(T, 1), "T", 4), x("T", 4)),
      of({ shares, temperature: 1, special: "keep", remainder: 1 }, gates(3, "T", 66), x("T", 66)),
      of({ shares, temperature: 1, special: "keep", remainder: 2 }, none(3, "T", 4), x("T", 4)),
      of({ shares, temperature: 1, special: "keep", remainder: 1 }, below(3, "T", 4), x("T", 4)),
      of({ shares, temperature: 1, special: "ignore", remainder: 1 }, alike(3, "T", 4), x("T", 4)),
      of({ shares, temperature: 1, special: "keep", remainder: 2 }, gates(2, 3, "T", 4), x("T", 4)),
    ]),
  ],

  tokenRows: [of(rows(0), x("T", 3)), of(rows(2), x("T", 2, 3)), of(rows(1), x("T")), withT(1, of(rows(1), x("T", 3)))],
  seedRows: [of(rows(0), x("T", 3)), of(rows(1), x("T", 3)), withT(1, of(rows(2), x("T", 3)))],
  attendRows: [
    of(rows(1), causal(2), x(R(1), 2, 3)),
    of(rows(2), causal(4), x(R(2), 2, 3)),
    of(rows(0), causal(3), x(R(0), 1, 1)),
    withT(1, of(rows(2), causal(2), x(R(2), 1, 3))),
  ],
  addToRows: [
    of({ ...rows(1), part: 0 }, x(R(1), 3), x("T", 3)),
    of({ ...rows(2), part: 1 }, x(R(2), 3), x(3)),
    of({ ...rows(2), part: 0 }, x(R(2), 2, 3), x("T", 1, 3)),
    withT(1, of({ ...rows(2), part: 1 }, x(R(2), 3), x("T", 1))),
  ],
  splitRows: [
    of({ ...rows(1), shares: "softmax", temperature: 0.1, special: "ignore", remainder: 0 }, gates(R(1), 4), x("T", 4)),
    of({ ...rows(2), shares: "softmax", temperature: 0.1, special: "keep", remainder: 1 }, gates(R(2), 4), x("T", 4)),
    of({ ...rows(2), shares: "softmax", temperature: 1, special: "ignore", remainder: 1 }, none(R(2), 3), x("T", 3)),
    of({ ...rows(1), shares: "softmax", temperature: 0.1, special: "keep", remainder: 0 }, tiny(R(1), 3), x("T", 3)),
    withT(
      1,
      of({ ...rows(1), shares: "softmax", temperature: 0.1, special: "ignore", remainder: 0 }, x(R(1), 3), x("T", 3)),
    ),
    ...otherShares.flatMap((shares): readonly Sample<Ops["splitRows"]>[] => [
      of({ ...rows(1), shares, temperature: 1, special: "ignore", remainder: 0 }, gates(R(1), 4), x("T", 4)),
      of({ ...rows(2), shares, temperature: 1, special: "keep", remainder: 1 }, below(R(2), 3), x("T", 3)),
      of({ ...rows(2), shares, temperature: 1, special: "keep", remainder: 1 }, none(R(2), 3), x("T", 3)),
    ]),
  ],
  partsAt: [
    of(rows(1), x(R(1), 3), ids(5, 1)),
    of(rows(2), x(R(2), 2, 3), whole(5, 3)),
    of(rows(0), x(R(0)), ids(5, 1)),
    withT(1, of(rows(2), x(R(2), 3), ids(1, 1))),
  ],
  unpackRows: [
    of(rows(0), x(R(0), 3)),
    of(rows(1), x(R(1))),
    of(rows(2), x(R(2), 2, 3)),
    withT(1, of(rows(2), x(R(2), 3))),
  ],
};
