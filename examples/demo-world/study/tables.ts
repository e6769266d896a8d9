// How does the study read? Markdown tables, one row a method.
import type { Kind } from "../prompts.ts";
import type { Row, Summary } from "./figures.ts";

export type Measured = { readonly method: string; readonly figures: Row<Summary> };

/** As aligned as a formatter would have it: names to the left, numbers to the right. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((title, i) =>
    Math.max(3, ...[title, ...rows.map((row) => row[i] ?? "")].map((s) => s.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join(" | ")} |`;
  const rule = `| ${widths.map((w, i) => (i === 0 ? "-".repeat(w) : `${"-".repeat(w - 1)}:`)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
};

const percent = (share: number): string => (100 * share).toFixed(1);
const correlation = (rho: number): string => rho.toFixed(2);

type Show = (value: number) => string;

const byKinds = (summary: Summary | undefined, show: Show): readonly string[] => {
  if (summary === undefined) return ["", "", "", "", ""];
  const each = (["fact", "ioi", "copy"] satisfies readonly Kind[]).map((kind) => show(summary[kind] ?? Number.NaN));
  const [low, high] = summary.interval.map(show);
  return [...each, show(summary.all), `${low} to ${high}`];
};

const kindColumns = ["facts", "ioi", "copies", "all", "95 %"];

/** One figure, by kind of prompt, over all, and its interval. */
const figureTable = (measured: readonly Measured[], name: string, show: Show): string =>
  table(
    ["", ...kindColumns],
    measured.map(({ method, figures }) => [method, ...byKinds(figures[name], show)]),
  );

export const shareTable = (measured: readonly Measured[], name: string): string => figureTable(measured, name, percent);
export const rankTable = (measured: readonly Measured[], name: string): string =>
  figureTable(measured, name, correlation);

/** Several figures side by side, over all prompts. */
export const overallTable = (
  measured: readonly Measured[],
  columns: Readonly<Record<string, { readonly name: string; readonly show: "share" | "rank" }>>,
): string =>
  table(
    ["", ...Object.keys(columns)],
    measured.map(({ method, figures }) => [
      method,
      ...Object.values(columns).map(({ name, show }) => {
        const value = figures[name]?.all;
        if (value === undefined) return "";
        return show === "share" ? percent(value) : correlation(value);
      }),
    ]),
  );
