// How did the scores grow through the layers? With colours a map, a row a layer and a cell a part, as wide as the terminal at
// most; without, numbers: a row a part, a column a layer, as many as fit.
import { layerName } from "../page/told.ts";
import type { Attribution, LayerScores } from "../result.ts";
import { halfLines, pairs } from "./half.ts";
import { largestOf, numbers } from "./heat.ts";
import type { Ink } from "./ink.ts";
import { legend } from "./legend.ts";
import { decimalsFor, signed } from "./numbers.ts";
import { visible } from "./visible.ts";
import { clipTo, padTo, widthOf } from "./width.ts";

export type LayersOptions = {
  readonly ink: Ink;
  readonly columns: number;
  /** Rows of numbers, at most. */
  readonly most: number;
};

const GAP = "  ";
const LABEL = "layer".length;
const WIDEST_CELL = 3; // columns
const WIDEST_NAME = 24; // columns

/** The strongest of each `size` neighbours. */
const pooled = (scores: readonly number[], size: number): readonly number[] =>
  Array.from({ length: Math.ceil(scores.length / size) }, (_, i) =>
    scores.slice(i * size, (i + 1) * size).reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)),
  );

const mapLines = (layers: readonly LayerScores[], { ink, columns }: LayersOptions): readonly string[] => {
  const parts = layers[0]?.scores.length ?? 0;
  const room = Math.max(1, columns - LABEL - GAP.length);
  const cell = Math.max(1, Math.min(WIDEST_CELL, Math.floor(room / Math.max(1, parts))));
  const size = Math.ceil(parts / room);
  const rows = layers.map(({ scores }) => pooled(scores, Math.max(1, size)));
  const largest = largestOf(rows.flat());
  const labels = pairs(layers.map(({ site }) => layerName(site)));
  return [
    ...(size > 1 ? [ink.dim(`a column is the strongest of ${size} parts`)] : []),
    ink.dim(`layer${GAP}${size > 1 ? "" : numbers(parts, cell)}`.trimEnd()),
    ...halfLines(rows, largest, cell, ink).map(
      (line, i) => `${ink.dim((labels[i] ?? "").padStart(LABEL))}${GAP}${line}`,
    ),
    "",
    ...legend(largest, ink, columns),
  ];
};

/** Evenly spread, the last among them. */
const spread = (count: number, most: number): readonly number[] => {
  const step = Math.ceil(count / Math.max(1, most));
  return Array.from({ length: count }, (_, i) => i).filter((i) => (count - 1 - i) % step === 0);
};

const numberLines = (a: Attribution, layers: readonly LayerScores[], o: LayersOptions): readonly string[] => {
  const sizes = a.parts.map((_, part) => largestOf(layers.map(({ scores }) => scores[part] ?? 0)));
  const kept = new Set([...sizes.keys()].sort((x, y) => (sizes[y] as number) - (sizes[x] as number)).slice(0, o.most));
  const shown = [...sizes.keys()].filter((part) => kept.has(part));
  const decimals = decimalsFor(largestOf(sizes));
  const names = shown.map((part) => clipTo(visible(a.parts[part]?.name ?? ""), WIDEST_NAME));
  const [label, cell] = [
    Math.max(LABEL, ...names.map(widthOf)),
    Math.max(...layers.flatMap(({ scores }) => shown.map((part) => signed(scores[part] ?? 0, decimals).length))),
  ];
  const places = spread(layers.length, Math.floor((o.columns - label) / (cell + GAP.length)));
  const row = (name: string, cells: readonly string[]): string =>
    [padTo(name, label), ...cells.map((text) => text.padStart(cell))].join(GAP);
  return [
    ...(shown.length < a.parts.length ? [`the ${shown.length} largest of ${a.parts.length} parts`] : []),
    row(
      "layer",
      places.map((l) => layerName(layers[l]?.site ?? "")),
    ),
    ...shown.map((part, i) =>
      row(
        names[i] ?? "",
        places.map((l) => signed(layers[l]?.scores[part] ?? 0, decimals)),
      ),
    ),
  ];
};

/** One string a line; none where no layers were asked for. */
export const layerLines = (a: Attribution, options: LayersOptions): readonly string[] => {
  if (a.layers === undefined || a.layers.length === 0) return [];
  return options.ink.plain ? numberLines(a, a.layers, options) : mapLines(a.layers, options);
};
