// Which of several results is to be seen? A row each, to be sorted and searched; pressing one shows it below.

import { chance } from "../src/page/said.ts";
import type { Sheet } from "../src/page/sheet.ts";
import { signed } from "../src/report/numbers.ts";
import { readable, visible } from "../src/report/visible.ts";
import { PrintAll } from "./printing.tsx";
import { Head, type Orders, useSearch } from "./sorting.tsx";

type Row = {
  readonly sheet: number;
  readonly prompt: string;
  readonly target: string;
  readonly probability: number;
  /** The logit or the contrast that is explained. */
  readonly explained: number;
  readonly gap: number;
};

const rowOf = (one: Sheet, sheet: number): Row => {
  if (!("written" in one)) {
    const { prompt, target, foils = [], explained, gap } = one.result;
    const text = [target, ...foils].map((t) => visible(t.text)).join(" not ");
    return { sheet, prompt: readable(prompt), target: text, probability: target.probability, explained, gap };
  }
  const { text, tokens, promptTokens, lines } = one.written;
  const start = tokens[promptTokens]?.start ?? text.length;
  return {
    ...{ sheet, prompt: readable(text.slice(0, start)), target: readable(text.slice(start)) },
    probability: lines.reduce((p, l) => p * l.probability, 1),
    explained: lines.reduce((sum, l) => sum + l.logit, 0),
    gap: lines.reduce((m, l) => Math.max(m, l.gap), 0),
  };
};

const orders = {
  place: (a, b) => a.sheet - b.sheet,
  prompt: (a, b) => a.prompt.trim().localeCompare(b.prompt.trim()),
  target: (a, b) => a.target.localeCompare(b.target),
  probability: (a, b) => a.probability - b.probability,
  explained: (a, b) => a.explained - b.explained,
  gap: (a, b) => a.gap - b.gap,
} as const satisfies Orders<Row, string>;

/** Characters of a prompt in its row; the end is what the answer is behind. */
const MOST = 120;

const shortened = (prompt: string): string => {
  const characters = [...prompt];
  return characters.length > MOST ? `… ${characters.slice(-MOST).join("")}` : prompt;
};

type LineProps = { readonly row: Row; readonly now: boolean; readonly reached: boolean; readonly choose: () => void };

const Line = ({ row, now, reached, choose }: LineProps) => (
  <tr aria-current={now ? "true" : undefined} onClick={choose}>
    <td class="number">{row.sheet + 1}</td>
    <th scope="row">
      <button type="button" tabIndex={reached ? 0 : -1} title={row.prompt}>
        <bdi>{shortened(row.prompt)}</bdi>
      </button>
    </th>
    <td>
      <bdi class="token">{shortened(row.target)}</bdi>
    </td>
    <td class="number">{chance(row.probability)}</td>
    <td class="number">{signed(row.explained, 3)}</td>
    <td class="number">{row.gap.toExponential(1)}</td>
  </tr>
);

type ResultsProps = {
  readonly sheets: readonly Sheet[];
  readonly now: number;
  readonly choose: (sheet: number) => void;
};

export const Results = ({ sheets, now, choose }: ResultsProps) => {
  const rows = sheets.map(rowOf);
  const { shown, found, tools, head } = useSearch({
    ...{ rows, orders, what: "results", textOf: (row: Row) => `${row.prompt} ${row.target}` },
    first: { column: "place", down: false },
  });
  const reached = shown.some((row) => row.sheet === now) ? now : shown[0]?.sheet;
  return (
    <nav aria-label="Results">
      <div class="titled">
        <h2>Results</h2>
        <p class="saves">
          <PrintAll wanted={found.map(({ sheet }) => ({ place: sheet + 1, sheet: sheets[sheet] as Sheet }))} />
        </p>
      </div>
      {tools}
      <div class="wide few">
        <table class="results">
          <thead>
            <tr>
              <Head column="place" title="#" upwards {...head} />
              <Head column="prompt" title="Prompt" upwards {...head} />
              <Head column="target" title="Target" upwards {...head} />
              <Head column="probability" title="Probability" {...head} />
              <Head column="explained" title="Explained" {...head} />
              <Head column="gap" title="Gap" {...head} />
            </tr>
          </thead>
          <tbody data-roving="" data-columns="1">
            {shown.map((row) => (
              <Line
                key={row.sheet}
                row={row}
                now={row.sheet === now}
                reached={row.sheet === reached}
                choose={() => choose(row.sheet)}
              />
            ))}
          </tbody>
        </table>
      </div>
      <p class="note one-on-paper">
        Number {now + 1} of {sheets.length} follows. “Print all” on the page puts all of them on paper.
      </p>
    </nav>
  );
};
