// How much did each part supply? A row a part, to be sorted and searched.
import type { AnswerSheet } from "../src/page/sheet.ts";
import { nameOf } from "../src/page/told.ts";
import { signed } from "../src/report/numbers.ts";
import { tokensOfPart } from "../src/report/pieces.ts";
import { shareOf, sizeOf } from "../src/report/table.ts";
import { visible } from "../src/report/visible.ts";
import type { AttributionJson, PartScore } from "../src/result.ts";
import { Bar, endsOf } from "./bar.tsx";
import { usePage } from "./context.ts";
import { Figure } from "./figure.tsx";
import { Head, type Orders, useSearch } from "./sorting.tsx";

type Row = {
  readonly part: number;
  readonly name: string;
  readonly score: number;
  readonly share: string;
  readonly norm: number | undefined;
  /** For the target and for the foils, where both are known. */
  readonly sides: readonly number[];
  readonly tokens: readonly number[];
};

const rowsOf = ({ result, apart }: Pick<AnswerSheet, "result" | "apart">, size: number): readonly Row[] =>
  result.parts.map((p: PartScore, part) => ({
    part,
    name: nameOf(result, part),
    score: p.score,
    share: shareOf(p.score, result.total, size),
    norm: p.norm,
    sides: apart === undefined ? [] : [apart.target[part] ?? 0, apart.foil[part] ?? 0],
    tokens: tokensOfPart(p),
  }));

const orders = {
  place: (a, b) => a.part - b.part,
  name: (a, b) => a.name.trim().localeCompare(b.name.trim()),
  score: (a, b) => a.score - b.score,
  size: (a, b) => Math.abs(a.score) - Math.abs(b.score),
  target: (a, b) => (a.sides[0] ?? 0) - (b.sides[0] ?? 0),
  foil: (a, b) => (a.sides[1] ?? 0) - (b.sides[1] ?? 0),
  norm: (a, b) => (a.norm ?? 0) - (b.norm ?? 0),
} as const satisfies Orders<Row, string>;

/** What the two sides of a contrast are called. */
const sideNames = ({ target, foils = [] }: AttributionJson): readonly [string, string] => [
  visible(target.text),
  foils.length === 1 ? visible(foils[0]?.text ?? "") : "the foils' mean",
];

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
      {row.sides.map((side, i) => (
        <td key={i} class="number side">
          {signed(side, decimals)}
        </td>
      ))}
      <td class="bars">
        <Bar score={row.score} least={least} most={most} />
      </td>
      <td class="number">{row.share}</td>
      {normed && <td class="number">{row.norm?.toPrecision(4)}</td>}
    </tr>
  );
};

export const Parts = () => {
  const page = usePage();
  const { result, decimals, apart } = page;
  const size = sizeOf(result.parts.map((p) => p.score));
  const rows = rowsOf(page, size);
  const { shown, tools, head } = useSearch({
    ...{ rows, orders, what: "parts", textOf: (row: Row) => row.name },
    first: { column: "size", down: true },
  });
  if (rows.length === 0) return null;
  const ends = endsOf(rows.map((r) => r.score));
  const normed = rows.some((r) => r.norm !== undefined);
  return (
    <Figure name="parts" title="Parts">
      {tools}
      <div class="wide">
        <table class="parts">
          <thead>
            <tr>
              <Head column="place" title="#" upwards {...head} />
              <Head column="name" title="Part" upwards {...head} />
              <Head column="score" title="Score" {...head} />
              {apart !== undefined && <Head column="target" title={`For ${sideNames(result)[0]}`} {...head} />}
              {apart !== undefined && <Head column="foil" title={`For ${sideNames(result)[1]}`} {...head} />}
              <Head column="size" title="Size" {...head} />
              <th scope="col" class="share">
                Share
              </th>
              {normed && <Head column="norm" title="Norm" {...head} />}
            </tr>
          </thead>
          <tbody data-roving="" data-columns="1">
            {shown.map((row, i) => (
              <Line key={row.part} row={row} first={i === 0} {...ends} normed={normed} />
            ))}
          </tbody>
          <tfoot>
            <tr>
              <td />
              <th scope="row">total</th>
              <td class="number">{signed(result.total, decimals)}</td>
              {apart !== undefined &&
                [apart.target, apart.foil].map((side, i) => (
                  <td key={i} class="number side">
                    {signed(
                      side.reduce((a, b) => a + b, 0),
                      decimals,
                    )}
                  </td>
                ))}
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
