// What does a person see of a comparison of rules? A row a part, a column a rule, and how far each is from the first. Rules that
// do not fit beside each other are below each other.
import type { Comparison } from "../compare.ts";
import type { Ink } from "./ink.ts";
import { decimalsFor, percent, signed } from "./numbers.ts";
import { asCell, visible } from "./visible.ts";
import { clipTo, padTo, widthOf, wrapWords } from "./width.ts";

const GAP = "  ";
const WIDEST_NAME = 24;

type Column = {
  readonly head: string;
  readonly cells: readonly string[];
  readonly total: string;
  readonly width: number;
};

const columnOf = ({ rule, parts, total }: Comparison["attributions"][number], decimals: number): Column => {
  const cells = parts.map(({ score }) => signed(score, decimals));
  const sum = signed(total, decimals);
  return { head: rule, cells, total: sum, width: Math.max(...[rule, sum, ...cells].map((text) => text.length)) };
};

/** As many columns together as fit, one at least. */
const blocksOf = (all: readonly Column[], room: number): readonly (readonly Column[])[] => {
  const blocks: Column[][] = [];
  let left = 0;
  for (const column of all) {
    const needed = GAP.length + column.width;
    if (needed <= left) blocks.at(-1)?.push(column);
    else blocks.push([column]);
    left = (needed <= left ? left : room) - needed;
  }
  return blocks;
};

const blockLines = (block: readonly Column[], names: readonly string[], label: number, ink: Ink): readonly string[] => {
  const row = (name: string, valueOf: (column: Column) => string): string =>
    [padTo(name, label), ...block.map((column) => valueOf(column).padStart(column.width))].join(GAP);
  return [
    ink.dim(row("", ({ head }) => head)),
    ...names.map((name, m) => row(name, ({ cells }) => cells[m] ?? "")),
    ink.bold(row("total", ({ total }) => total)),
    "",
  ];
};

const movedLines = ({ attributions, moved }: Comparison, columns: number): readonly string[] => {
  const widest = Math.max(...attributions.map((a) => a.rule.length));
  return moved.flatMap(({ rule, distance, order }) => {
    const text = `scores moved by ${percent(distance)}, ${percent(order)} of pairs in the same order`;
    const room = columns - GAP.length - widest - GAP.length;
    return wrapWords(text, Math.max(20, room)).map(
      (line, i) => `${GAP}${padTo(i === 0 ? rule : "", widest)}${GAP}${line}`,
    );
  });
};

/** The whole report, one string a line, for a terminal of so many columns. */
export const comparisonReport = (comparison: Comparison, columns: number, ink: Ink): readonly string[] => {
  const { attributions } = comparison;
  const [first] = attributions;
  if (first === undefined) return [];
  const all = attributions.flatMap((a) => a.parts.map((p) => Math.abs(p.score)));
  const decimals = decimalsFor(all.reduce((a, b) => Math.max(a, b), 0));
  const names = first.parts.map((p) => asCell(clipTo(visible(p.name), WIDEST_NAME)));
  const label = Math.max(...names.map(widthOf), "total".length);
  const blocks = blocksOf(
    attributions.map((a) => columnOf(a, decimals)),
    columns - label,
  );
  return [
    ...blocks.flatMap((block) => blockLines(block, names, label, ink)),
    ...wrapWords(`Against ${first.rule}, of the same prompt and target:`, columns),
    ...movedLines(comparison, columns),
  ];
};
