// How much did each part supply? A row a part, to be sorted and searched.
import { useState } from "preact/hooks";
import { nameOf } from "../src/page/told.ts";
import { signed } from "../src/report/numbers.ts";
import { tokensOfPart } from "../src/report/pieces.ts";
import { shareOf, sizeOf } from "../src/report/table.ts";
import type { AttributionJson, PartScore } from "../src/result.ts";
import { Bar, endsOf } from "./bar.tsx";
import { usePage } from "./context.ts";
import { Figure } from "./figure.tsx";

type Row = {
  readonly part: number;
  readonly name: string;
  readonly score: number;
  readonly share: string;
  readonly norm: number | undefined;
  readonly tokens: readonly number[];
};

const rowsOf = (result: AttributionJson, size: number): readonly Row[] =>
  result.parts.map((p: PartScore, part) => ({
    part,
    name: nameOf(result, part),
    score: p.score,
    share: shareOf(p.score, result.total, size),
    norm: p.norm,
    tokens: tokensOfPart(p),
  }));

const orders = {
  place: (a, b) => a.part - b.part,
  name: (a, b) => a.name.trim().localeCompare(b.name.trim()),
  score: (a, b) => a.score - b.score,
  size: (a, b) => Math.abs(a.score) - Math.abs(b.score),
  norm: (a, b) => (a.norm ?? 0) - (b.norm ?? 0),
} as const satisfies Readonly<Record<string, (a: Row, b: Row) => number>>;

type Column = keyof typeof orders;
type Order = { readonly column: Column; readonly down: boolean };

/** Rows drawn before somebody asks for all. */
const MOST_ROWS = 200;

const Head = ({
  column,
  title,
  order,
  choose,
}: {
  column: Column;
  title: string;
  order: Order;
  choose: (o: Order) => void;
}) => {
  const own = order.column === column;
  return (
    <th scope="col" aria-sort={own ? (order.down ? "descending" : "ascending") : "none"} class={column}>
      <button
        type="button"
        onClick={() => choose({ column, down: own ? !order.down : column !== "place" && column !== "name" })}
      >
        {title}
        <span class="arrow" aria-hidden="true">
          {own ? (order.down ? "▼" : "▲") : ""}
        </span>
      </button>
    </th>
  );
};

type LineProps = { row: Row; first: boolean; least: number; most: number; normed: boolean };

const Line = ({ row, first, least, most, normed }: LineProps) => {
  const { decimals } = usePage();
  return (
    <tr data-parts={row.part}>
      <td class="number">{row.tokens.length > 1 ? `${row.tokens[0]} +${row.tokens.length - 1}` : row.tokens[0]}</td>
      <th scope="row">
        <button type="button" aria-pressed="false" data-parts={row.part} tabIndex={first ? 0 : -1}>
          <bdi>{row.name}</bdi>
        </button>
      </th>
      <td class="number">{signed(row.score, decimals)}</td>
      <td class="bars">
        <Bar score={row.score} least={least} most={most} />
      </td>
      <td class="number">{row.share}</td>
      {normed && <td class="number">{row.norm?.toPrecision(4)}</td>}
    </tr>
  );
};

export const Parts = () => {
  const { result } = usePage();
  const [order, setOrder] = useState<Order>({ column: "size", down: true });
  const [wanted, setWanted] = useState("");
  const [all, setAll] = useState(false);
  const size = sizeOf(result.parts.map((p) => p.score));
  const rows = rowsOf(result, size);
  const { least, most } = endsOf(rows.map((r) => r.score));
  const sorted = [...rows].sort((a, b) => (order.down ? -1 : 1) * orders[order.column](a, b));
  const found = sorted.filter((r) => r.name.toLowerCase().includes(wanted.toLowerCase()));
  if (rows.length === 0) return null;
  const shown = all ? found : found.slice(0, MOST_ROWS);
  const normed = rows.some((r) => r.norm !== undefined);
  const head = { order, choose: setOrder };
  return (
    <Figure name="parts" title="Parts">
      <p class="tools" data-unpictured="">
        <label>
          Find <input type="search" value={wanted} onInput={({ currentTarget }) => setWanted(currentTarget.value)} />
        </label>
        <span role="status">
          {found.length === rows.length ? `${rows.length} parts` : `${found.length} of ${rows.length} parts`}
          {shown.length < found.length && `, ${shown.length} shown `}
        </span>
        {shown.length < found.length && (
          <button type="button" onClick={() => setAll(true)}>
            Show all
          </button>
        )}
      </p>
      <div class="wide">
        <table class="parts">
          <thead>
            <tr>
              <Head column="place" title="#" {...head} />
              <Head column="name" title="Part" {...head} />
              <Head column="score" title="Score" {...head} />
              <Head column="size" title="Size" {...head} />
              <th scope="col" class="share">
                Share
              </th>
              {normed && <Head column="norm" title="Norm" {...head} />}
            </tr>
          </thead>
          <tbody data-roving="" data-columns="1">
            {shown.map((row, i) => (
              <Line key={row.part} row={row} first={i === 0} least={least} most={most} normed={normed} />
            ))}
          </tbody>
          <tfoot>
            <tr>
              <td />
              <th scope="row">total</th>
              <td class="number">{signed(result.total, usePage().decimals)}</td>
              <td />
              <td class="number">{shareOf(result.total, result.total, size)}</td>
              {normed && <td />}
            </tr>
          </tfoot>
        </table>
      </div>
    </Figure>
  );
};
