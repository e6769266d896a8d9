// A plan for people: what a run takes, line by line.
import {
  check,
  type Dim,
  dim,
  type Expr,
  type Fault,
  type Foreseen,
  nodesOf,
  type Shape,
  type Shapes,
  type Sizes,
  shapeOfSizes,
  sizeOf,
} from "@depass/graph";
import { showBytes } from "@depass/kernels";
import * as E from "fp-ts/lib/Either.js";
import type { Explanation } from "../explanation.ts";
import type { Attribution } from "../result.ts";
import { duration } from "./numbers.ts";
import type { Records } from "./records.ts";

export type PlanReport = Pick<Attribution, "model" | "backend"> & {
  readonly tokens: number;
  readonly bytes: Foreseen & { readonly parts: number };
  readonly flops: number;
  /** Operations a second, as measured; `seconds` is what they come to. */
  readonly rate: number;
  readonly seconds: number;
  /** What maps of all heads and modules take, which are a run of their own behind the other. */
  readonly maps?: { readonly bytes: Foreseen; readonly flops: number; readonly seconds: number };
};

const FLOAT = 4;

/** Bytes of the parts of one state, causal zeros left out where they are packed away. */
export const partsBytes = ({ graph, decomposed }: Explanation, sizes: Sizes): E.Either<readonly Fault[], number> =>
  E.map((shapes: Shapes) => {
    const packed = nodesOf(graph).find((n) => n.op === "seedRows");
    const width = shapes.get(graph.normed as Expr)?.at(-1) as Dim;
    const rows = [decomposed.layout.count, dim("T"), width];
    return FLOAT * sizeOf(shapeOfSizes(packed === undefined ? rows : (shapes.get(packed) as Shape), sizes));
  })(check(graph));

const giga = (count: number): string => (count / 1e9).toFixed(count < 1e11 ? 1 : 0);

/** Types by their bytes, where there are several or one that is not f32. */
const typesText = (byType: Foreseen["byType"] = {}): string => {
  const types = Object.entries(byType).sort(([, a], [, b]) => b - a);
  return types.every(([type]) => type === "f32")
    ? ""
    : ` (${types.map(([type, bytes]) => `${type} ${showBytes(bytes)}`).join(", ")})`;
};

const weightsLine = ({ weights, allWeights, byType }: Foreseen): string =>
  weights < allWeights
    ? `${showBytes(weights)} at once of ${showBytes(allWeights)}${typesText(byType)}: they come and go during the run`
    : `${showBytes(weights)}${typesText(byType)}`;

const mapsLine = ({ bytes, flops, seconds }: NonNullable<PlanReport["maps"]>): string =>
  `a run more: ${giga(flops)} GFLOP, peak ${showBytes(bytes.peak)}, about ${duration(seconds)}`;

const peakLine = ({ peak, beside }: Foreseen): string =>
  beside === 0 ? showBytes(peak) : `${showBytes(peak)}, and about ${showBytes(beside)} for the process itself`;

export const reportPlan = ({
  model,
  backend,
  tokens,
  bytes,
  flops,
  rate,
  seconds,
  maps,
}: PlanReport): readonly string[] =>
  [
    ["model", model.path],
    ["backend", `${backend.name} on ${backend.device} (${backend.why})`],
    ["tokens", `${tokens}`],
    ["weights", weightsLine(bytes)],
    ["activations", `${showBytes(bytes.activations)}; the parts of one state are ${showBytes(bytes.parts)}`],
    ["peak", peakLine(bytes)],
    ["tiles", `${bytes.tiles}`],
    ["operations", `${giga(flops)} GFLOP`],
    ["time", `about ${duration(seconds)}: an estimate, at the ${giga(rate)} GFLOP/s of one product just measured`],
    ...(maps === undefined ? [] : [["maps", mapsLine(maps)]]),
  ].map(([name = "", text]) => `${name.padEnd(13)}${text}`);

const mapsRows = ({ bytes, flops, seconds }: NonNullable<PlanReport["maps"]>): Records["rows"] => [
  ["maps: peak", bytes.peak, "bytes"],
  ["maps: operations", flops, "operations"],
  ["maps: time", seconds, "seconds"],
];

/** A row a quantity, with its unit: bytes, operations, seconds. */
export const planRecords = ({ model, backend, tokens, bytes, flops, rate, seconds, maps }: PlanReport): Records => ({
  about: `${model.path}, ${tokens} tokens, ${backend.name} on ${backend.device}`,
  columns: ["quantity", "value", "unit"],
  rows: [
    ["prompt", tokens, "tokens"],
    ["weights at once", bytes.weights, "bytes"],
    ["weights of all", bytes.allWeights, "bytes"],
    ["activations", bytes.activations, "bytes"],
    ["parts of one state", bytes.parts, "bytes"],
    ["peak", bytes.peak, "bytes"],
    ["for the process itself", bytes.beside, "bytes"],
    ["tiles", bytes.tiles, ""],
    ["operations", flops, "operations"],
    ["measured rate", rate, "operations a second"],
    ["time", seconds, "seconds"],
    ...(maps === undefined ? [] : mapsRows(maps)),
  ],
});
