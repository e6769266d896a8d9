// A map of scores: a table whose cells are coloured, with every row and column named, to go through by mouse and by arrows.
import { coloursOf, onScale } from "./colour.ts";

export type Cell = {
  readonly key: string;
  readonly score: number;
  /** The end of its scale. */
  readonly largest: number;
  /** For who listens. */
  readonly label: string;
  /** What is pointed at, as pointing.ts reads it. */
  readonly point: Readonly<Record<`data-${string}`, string | number>>;
};

export type Row = {
  readonly key: number;
  readonly name: string;
  readonly point?: Cell["point"];
  readonly cells: readonly Cell[];
};

type GridProps = {
  readonly labelledBy: string;
  readonly corner: string;
  readonly columns: readonly { readonly name: string; readonly title?: string }[];
  readonly rows: readonly Row[];
};

const Line = ({ row, first }: { readonly row: Row; readonly first: boolean }) => (
  <tr>
    <th scope="row" {...row.point}>
      <bdi>{row.name}</bdi>
    </th>
    {row.cells.map(({ key, score, largest, label, point }, i) => (
      <td
        key={key}
        role="gridcell"
        aria-selected="false"
        aria-label={label}
        tabIndex={first && i === 0 ? 0 : -1}
        class="coloured"
        style={coloursOf(onScale(score, largest))}
        {...point}
      />
    ))}
  </tr>
);

export const Grid = ({ labelledBy, corner, columns, rows }: GridProps) => (
  <div class="wide tall">
    <table class="heat" role="grid" aria-labelledby={labelledBy} data-roving="" data-columns={columns.length}>
      <thead>
        <tr>
          <th scope="col">{corner}</th>
          {columns.map(({ name, title }) => (
            <th key={name} scope="col" title={title}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, i) => (
          <Line key={row.key} row={row} first={i === 0} />
        ))}
      </tbody>
    </table>
  </div>
);
