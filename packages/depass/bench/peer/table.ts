// How does a comparison read? As tables in Markdown, which a terminal shows as well: medians of the turns, and the least and
// the most of them where they differ.
import { type Agreement, tolerance } from "./agreement.ts";
import type { Ours } from "./answers.ts";
import type { Answer } from "./graphs.ts";
import { type Cold, prompt } from "./sides.ts";
import { medianOf, type Spread } from "./spread.ts";
import type { Row, Spreads } from "./turns.ts";

/** Lines of a Markdown table, right-aligned; columns as wide as their widest cell. */
export const markdown = (header: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = header.map((title, c) => Math.max(title.length, ...rows.map((row) => row[c]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, c) => (cells[c] ?? "").padStart(width)).join(" | ")} |`;
  return [line(header), `| ${widths.map((w) => `${"-".repeat(w - 1)}:`).join(" | ")} |`, ...rows.map(line)];
};

const NONE = "–";

/** `1.25 s (1.20–1.31)`; the median alone where the rest reads the same. */
export const spread = (s: Spread | undefined, show: (value: number) => string, unit = ""): string => {
  if (s === undefined) return NONE;
  const [median, least, most] = [show(s.median), show(s.least), show(s.most)];
  return least === most ? `${median}${unit}` : `${median}${unit} (${least}–${most})`;
};

const digits = (value: number): string => value.toFixed(value < 1 ? 3 : value < 10 ? 2 : 1);
const seconds = (value: number): string => `${digits(value)} s`;
const spentIn = (s: Spread | undefined): string => spread(s, digits, " s");
const timesOf = (s: Spread | undefined): string => spread(s, (value) => value.toFixed(2), " ×");
const bytesOf = (s: Spread | undefined): string => spread(s, (value) => (value / 2 ** 20).toFixed(0), " MiB");

const positions: Readonly<Record<Answer, string>> = { one: "the last", all: "all" };

const agreed = (a: Agreement | undefined): string =>
  a === undefined ? NONE : [a.last, ...(a.all === undefined ? [] : [a.all])].map((e) => e.toExponential(1)).join(", ");

const timeTable = (rows: readonly Row[]): readonly string[] =>
  markdown(
    ["tokens", "positions", "ours", "the peer", "peer / ours", "difference"],
    rows.map(({ tokens, answer, ours, peer, time, agreement }) => [
      `${tokens}`,
      positions[answer],
      spentIn(ours.seconds),
      spentIn(peer?.seconds),
      timesOf(time),
      agreed(agreement),
    ]),
  );

const processTable = (rows: readonly Row[]): readonly string[] =>
  markdown(
    [
      ...["tokens", "positions", "set-up, ours", "of which reading", "the peer"],
      ...["first run, ours", "the peer", "peak, ours", "the peer", "peer / ours"],
    ],
    rows.map(({ tokens, answer, ours, peer, memory }) => [
      ...[`${tokens}`, positions[answer]],
      ...[spentIn(ours.setUp), spentIn(ours.ready), spentIn(peer?.setUp)],
      ...[spentIn(ours.first), spentIn(peer?.first)],
      ...[bytesOf(ours.peak), bytesOf(peer?.peak), timesOf(memory)],
    ]),
  );

const lengthTable = ({ lengths }: Ours): readonly string[] =>
  markdown(
    ["tokens", "first run", "later runs"],
    lengths.map((l) => [`${l.tokens}`, seconds(l.first), seconds(medianOf(l.seconds))]),
  );

const coldLine = ({ wall, ready, run, peak }: Spreads<Cold>): string =>
  [
    `depass attribute --prompt "${prompt}": ${spentIn(wall)} in all, of which`,
    `set-up ${spentIn(ready)} and the run ${spentIn(run)}; peak ${bytesOf(peak)}`,
  ].join(" ");

const disagreement = (rows: readonly Row[]): readonly string[] =>
  disagreeing(rows).flatMap(({ tokens, answer, agreement }) => [
    "",
    `They do not compute the same at ${tokens} tokens (${positions[answer]}): ${agreed(agreement)}, above ${tolerance}.`,
  ]);

/** Rows whose sides differ by more than rounding. */
export const disagreeing = (rows: readonly Row[]): readonly Row[] =>
  rows.filter(({ agreement: a }) => a !== undefined && !(Math.max(a.last, a.all ?? 0) <= tolerance));

export type Report = {
  readonly rows: readonly Row[];
  readonly lengths: Ours;
  readonly cold?: Spreads<Cold>;
};

/** Everything below the heading. */
export const report = ({ rows, lengths, cold }: Report): readonly string[] => [
  "A run after the first. The peer tells the parts at all positions; so does our graph for all. The graph for the last is",
  "what attribute() runs: it tells the parts there, and the logits as well.",
  "",
  ...timeTable(rows),
  "",
  "Set-up: a process's time without its runs, from its start to its end; reading: from the checkpoint to ready to run.",
  "",
  ...processTable(rows),
  "",
  `All lengths in one process of ours, one set-up of ${seconds(lengths.ready)} before them (start of the process ${seconds(lengths.startUp)}):`,
  "",
  ...lengthTable(lengths),
  ...(cold === undefined ? [] : ["", "Cold, from a shell:", coldLine(cold)]),
  ...disagreement(rows),
];
