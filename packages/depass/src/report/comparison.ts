// What does a person see of a comparison of rules? A row a part, a column a rule, and how far each is from the first.
import type { Comparison } from "../compare.ts";
import type { Ink } from "./ink.ts";
import { decimalsFor, percent, signed } from "./numbers.ts";
import { visible } from "./visible.ts";
import { clipTo, padTo, widthOf } from "./width.ts";

const GAP = "  ";
const WIDEST_NAME = 24;

/** The whole report, one string a line. */
export const comparisonReport = ({ attributions, moved }: Comparison, ink: Ink): readonly string[] => {
  const [first] = attributions;
  if (first === undefined) return [];
  const all = attributions.flatMap((a) => a.parts.map((p) => Math.abs(p.score)));
  const decimals = decimalsFor(all.reduce((a, b) => Math.max(a, b), 0));
  const names = first.parts.map((p) => clipTo(visible(p.name), WIDEST_NAME));
  const label = Math.max(...names.map(widthOf), "total".length);
  const heads = attributions.map((a) => a.rule);
  const cells = first.parts.map((_, m) => attributions.map((a) => signed(a.parts[m]?.score ?? 0, decimals)));
  const totals = attributions.map((a) => signed(a.total, decimals));
  const widths = heads.map((h, i) =>
    Math.max(h.length, totals[i]?.length ?? 0, ...cells.map((row) => row[i]?.length ?? 0)),
  );
  const row = (name: string, values: readonly string[]): string =>
    [padTo(name, label), ...values.map((v, i) => v.padStart(widths[i] ?? 0))].join(GAP);
  return [
    ink.dim(row("", heads)),
    ...names.map((name, m) => row(name, cells[m] ?? [])),
    ink.bold(row("total", totals)),
    "",
    `Against ${first.rule}, of the same prompt and target:`,
    ...moved.map(
      ({ rule, distance, order }) =>
        `  ${padTo(rule, Math.max(...heads.map((h) => h.length)))}${GAP}scores moved by ${percent(distance)}, ${percent(order)} of pairs in the same order`,
    ),
  ];
};
