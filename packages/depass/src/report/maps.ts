// What does a person see of maps? A coloured map of layers and heads, the strongest heads, modules and neurons as tables, how
// far the parts are from the whole, and what ran where.
import type { Maps } from "../maps.ts";
import { type FactOptions, factLines, goal, WIDEST } from "./facts.ts";
import { heatMap, largestOf } from "./heat.ts";
import type { Ink } from "./ink.ts";
import { legend } from "./legend.ts";
import { type Row, rowLines } from "./table.ts";

export type MapsReportOptions = FactOptions & {
  /** Rows of each table, at most. */
  readonly top: number;
};

type Named = Omit<Row, "number">;

const headRows = ({ heads }: Maps): readonly Named[] =>
  heads.flatMap((row, l) => row.map((score, h) => ({ text: `L${l}H${h}`, score })));

const moduleRows = ({ attention, mlp }: Maps): readonly Named[] => [
  ...attention.map((score, l) => ({ text: `L${l} attention`, score })),
  ...mlp.map((score, l) => ({ text: `L${l} MLP`, score })),
];

const neuronRows = ({ all }: Maps): readonly Named[] =>
  (all?.neurons ?? []).flatMap((row, l) => Array.from(row, (score, n) => ({ text: `L${l}N${n}`, score })));

/** The strongest, whichever way they push, with their rank. */
const strongest = (rows: readonly Named[], top: number): readonly Row[] =>
  [...rows]
    .sort((a, b) => Math.abs(b.score) - Math.abs(a.score))
    .slice(0, top)
    .map((row, i) => ({ ...row, number: i + 1 }));

/** A table of the strongest of one kind; nothing where there are none. */
const section = (what: string, rows: readonly Named[], total: number, columns: number, o: MapsReportOptions) => {
  const shown = strongest(rows, o.top);
  return shown.length === 0
    ? []
    : [
        o.ink.dim(shown.length < rows.length ? `the ${shown.length} strongest of ${rows.length} ${what}s` : `${what}s`),
        ...rowLines(shown, { total, columns, what }, o.ink, rows),
        "",
      ];
};

const KIND = "modules".length;
/** Narrower than this, what a scale is of stands above it. */
const BESIDE = 50;

/** A scale, and what it is of. */
const scaleLines = (what: string, scores: readonly number[], columns: number, ink: Ink): readonly string[] =>
  columns < BESIDE
    ? legend(largestOf(scores), ink, columns).flatMap((line) => [ink.dim(what), line])
    : legend(largestOf(scores), ink, columns - KIND - 2).map((line) => `${ink.dim(what.padEnd(KIND))}  ${line}`);

const drawn = (maps: Maps, columns: number, { ink }: MapsReportOptions): readonly string[] => {
  const map = heatMap(maps, columns, ink);
  const scale = (what: string, scores: readonly number[]) => scaleLines(what, scores, columns, ink);
  const scales = [...scale("heads", maps.heads.flat()), ...scale("modules", [...maps.attention, ...maps.mlp])];
  return map.length === 0 ? [] : [...map, "", ...scales, ""];
};

const methodLine = ({ rule, mode }: Maps): string =>
  `rule ${rule}; heads, attention and MLP of every layer ${mode === "adjoint" ? "by one pass backwards" : "from one forward pass"}`;

/** The whole report, one string a line. */
export const mapsReport = (maps: Maps, options: MapsReportOptions): readonly string[] => {
  const columns = Math.min(options.columns, WIDEST);
  const sum = `the parts of each layer: ${goal(maps)}, largest relative gap ${maps.gap.toExponential(1)}`;
  return [
    ...drawn(maps, options.columns, options),
    ...section("head", headRows(maps), maps.explained, columns, options),
    ...section("module", moduleRows(maps), maps.explained, columns, options),
    ...section("neuron", neuronRows(maps), maps.explained, columns, options),
    ...factLines(maps, sum, methodLine(maps), options),
  ];
};
