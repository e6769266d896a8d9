// Which steps may run tile by tile. Rows of packed parts (graph/rows.ts) are computed row by row everywhere but where
// attention mixes them, so consecutive row-wise steps form a region, and a region may be run for some tokens at a time:
// what lives inside it then needs no more memory than one tile. The parts of one token stay together, so shares are
// normalised within a tile and no result changes.
import {
  type Dim,
  dim,
  type Expr,
  type Graph,
  nodesOf,
  product,
  rowCount,
  type Shape,
  sameDim,
  showDim,
  times,
} from "@depass/graph";
import type { Choice, Chosen } from "./choose.ts";
import type { Operand } from "./wgsl/operand.ts";
import type { TokenTile } from "./wgsl/parts/packed.ts";

/** Steps between two mixings of one packed layout. Its identity is the region. */
export type Region = { readonly tokens: Dim; readonly extras: number };

export type StepChoice = Extract<Choice, { kind: "step" }>;
export type Scheduled = { readonly step: StepChoice; readonly region?: Region };

/** The symbols of a tile; a run gives them values tile after tile. */
export const tileSymbols = {
  firstToken: "tile.token",
  tokens: "tile.tokens",
  firstRow: "tile.row",
  rows: "tile.rows",
} as const;

export const tileSizes: TokenTile = {
  firstToken: dim(tileSymbols.firstToken),
  tokens: dim(tileSymbols.tokens),
  firstRow: dim(tileSymbols.firstRow),
  rows: dim(tileSymbols.rows),
};

type Layouts = ReadonlyMap<string, Region>;

/** Packed layouts of a graph by the text of their row count. */
const layoutsOf = (graph: Graph): Layouts =>
  new Map(
    nodesOf(graph).flatMap((n) => {
      if (!("extras" in n.params && "tokens" in n.params)) return [];
      const { tokens, extras } = n.params;
      return [[showDim(rowCount(tokens, extras)), { tokens, extras }] as const];
    }),
  );

const rowOps: ReadonlySet<Expr["op"]> = new Set<Expr["op"]>([
  "seedRows",
  "tokenRows",
  "attendRows",
  "addToRows",
  "splitRows",
]);

/** Ops whose rows are computed one by one where their first operand is rows; the second are maps, the third is theirs. */
const routed: ReadonlySet<Expr["op"]> = new Set<Expr["op"]>(["toExperts", "fromExperts"]);

const isRows = (shape: Shape, { tokens, extras }: Region): boolean =>
  shape[0] !== undefined && sameDim(shape[0], rowCount(tokens, extras));

/** The packed layout in which a step computes row by row, if it does. */
const rowwiseIn = (step: StepChoice, layouts: Layouts, shapeOf: (x: Expr) => Shape): Region | undefined => {
  const shape = shapeOf(step.node);
  const layout = shape[0] === undefined ? undefined : layouts.get(showDim(shape[0]));
  if (layout === undefined) return undefined;
  const reads = step.reads.map(shapeOf);
  if (step.form === "foreign") return undefined;
  if (step.form === "own") {
    const isRouted = routed.has(step.node.op) && [0, 2].every((i) => isRows(reads[i] as Shape, layout));
    return rowOps.has(step.node.op) || (isRouted && shape.length === 2) ? layout : undefined;
  }
  if (step.form === "product") return shape.length === 2 && isRows(reads[0] as Shape, layout) ? layout : undefined;
  const fits = (s: Shape): boolean => s.length < shape.length || s[0] === 1 || isRows(s, layout);
  return reads.every(fits) ? layout : undefined;
};

/** Whether a step of a region reads an operand beyond its tile: weights, tokens' values, the values that attention mixes. */
export const readsWhole = (step: StepChoice, operand: number, region: Region, shapeOf: (x: Expr) => Shape): boolean => {
  const read = shapeOf(step.reads[operand] as Expr);
  if (step.form === "own" && routed.has(step.node.op)) return operand === 1;
  if (step.form === "own" && (step.node.op === "attendRows" || operand > 0)) return true;
  return (step.form === "product" && operand === 1) || !isRows(read, region) || isTokens(step);
};

/** Ops whose first operand has a row per token, not per part. */
const isTokens = ({ form, node }: StepChoice): boolean =>
  form === "own" && (node.op === "seedRows" || node.op === "tokenRows");

/** An operand or result as a region's kernel sees it: a tile of rows, at its place in a whole buffer or in one of its own. */
export const inRegion = (operand: Operand, region: Region, isTile: boolean): Operand => {
  if (!isRows(operand.shape, region)) return operand;
  const rest = operand.shape.slice(1);
  const tile = { ...operand, shape: [tileSizes.rows, ...rest] };
  return isTile ? tile : { ...tile, from: times(tileSizes.firstRow, product(rest)) };
};

/**
 * The steps in an order in which each region is in one piece. A region ends before the next mixing, which reads rows of
 * other tokens, and before any step outside that reads its rows; other steps met on the way are done before it.
 */
export const schedule = (
  graph: Graph,
  chosen: Chosen,
  shapeOf: (x: Expr) => Shape,
  numberOf: (x: Expr) => number,
): readonly Scheduled[] => {
  const layouts = layoutsOf(graph);
  const done: Scheduled[] = [];
  let open: { readonly region: Region; readonly steps: StepChoice[]; readonly writes: Set<number> } | undefined;
  const close = (): void => {
    const region = open?.region;
    if (open !== undefined && region !== undefined) done.push(...open.steps.map((step) => ({ step, region })));
    open = undefined;
  };
  for (const step of chosen.choices) {
    if (step.kind !== "step") continue;
    const layout = rowwiseIn(step, layouts, shapeOf);
    const readsOpen = open !== undefined && step.reads.some((x) => open?.writes.has(numberOf(x)));
    if (layout === undefined) {
      if (readsOpen) close();
      done.push({ step });
      continue;
    }
    const isMixing = step.form === "own" && step.node.op === "attendRows";
    const sameLayout =
      open !== undefined && open.region.extras === layout.extras && sameDim(open.region.tokens, layout.tokens);
    if (isMixing || !sameLayout) close();
    open ??= { region: { ...layout }, steps: [], writes: new Set() };
    open.steps.push(step);
    open.writes.add(numberOf(step.node));
  }
  close();
  return done;
};

/** Buffers that nothing outside their region reads, and nothing inside beyond its tile: they need hold one tile only. */
export const tiledBuffers = (
  scheduled: readonly Scheduled[],
  numberOf: (x: Expr) => number,
  kept: ReadonlySet<number>,
  shapeOf: (x: Expr) => Shape,
): ReadonlySet<number> => {
  const home = new Map<number, Region | undefined>(scheduled.map(({ step, region }) => [numberOf(step.node), region]));
  const escaped = new Set<number>(kept);
  for (const { step, region } of scheduled)
    for (const [i, x] of step.reads.entries())
      if (home.get(numberOf(x)) !== region || (region !== undefined && readsWhole(step, i, region, shapeOf)))
        escaped.add(numberOf(x));
  return new Set(
    [...home].flatMap(([buffer, region]) => (region === undefined || escaped.has(buffer) ? [] : [buffer])),
  );
};
