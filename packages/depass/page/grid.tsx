// A map of scores: a table whose cells are coloured, with every row and column named, to go through by mouse and by arrows.
import { coloursOf, onScale } from "./colour.ts";

export type Cell = {
  readonly key: string;
  readonly score: number;
  /** What is written in it, if anything. */
  readonly text?: string;
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
  /** Behind the cells. */
  readonly end?: { readonly text: string; readonly strong: boolean };
};

export type GridColumn = {
  readonly name: string;
  readonly title?: string;
  /** How rows are sorted by it, where they can be. */
  readonly sort?: { readonly by: "ascending" | "descending" | "none"; readonly choose: () => void };
};

const arrows = { ascending: "▲", descending: "▼", none: "" } as const;

const Head = ({ column: { name, title, sort } }: { readonly column: GridColumn }) =>
  sort === undefined ? (
    <th scope="col" title={title}>
      {name}
    </th>
  ) : (
    <th scope="col" title={title} aria-sort={sort.by}>
      <button type="button" onClick={sort.choose}>
        {name}
        <span class="arrow" aria-hidden="true">
          {arrows[sort.by]}
        </span>
      </button>
    </th>
  );

type GridProps = {
  readonly labelledBy: string;
  readonly corner: string;
  readonly columns: readonly GridColumn[];
  readonly rows: readonly Row[];
  /** Colours of sizes, not of signs. */
  readonly sized?: boolean;
};

/** More columns than these are as narrow on paper as it takes; no more rows than these are on one sheet. */
const [MANY_COLUMNS, SHEETFUL] = [24, 40];

type LineProps = { readonly row: Row; readonly first: boolean; readonly sized: boolean };

const Line = ({ row, first, sized }: LineProps) => (
  <tr>
    <th scope="row" {...row.point}>
      <bdi>{row.name}</bdi>
    </th>
    {row.cells.map(({ key, score, text, largest, label, point }, i) => (
      <td
        key={key}
        role="gridcell"
        aria-selected="false"
        aria-label={label}
        tabIndex={first && i === 0 ? 0 : -1}
        class={text === undefined ? "coloured" : "coloured number"}
        style={coloursOf(onScale(score, largest), sized)}
        {...point}
      >
        {text}
      </td>
    ))}
    {row.end && <td class="end">{row.end.strong ? <strong>{row.end.text}</strong> : row.end.text}</td>}
  </tr>
);

const looksOf = (columns: number, rows: number): string =>
  ["heat", ...(columns > MANY_COLUMNS ? ["many"] : []), ...(rows <= SHEETFUL ? ["short"] : [])].join(" ");

export const Grid = ({ labelledBy, corner, columns, rows, sized = false }: GridProps) => (
  <div class="wide tall">
    <table
      class={looksOf(columns.length, rows.length)}
      style={{ "--columns": columns.length }}
      role="grid"
      aria-labelledby={labelledBy}
      data-roving=""
      data-columns={rows[0]?.cells.length ?? 1}
    >
      <thead>
        <tr>
          <th scope="col">{corner}</th>
          {columns.map((column) => (
            <Head key={column.name} column={column} />
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, i) => (
          <Line key={row.key} row={row} first={i === 0} sized={sized} />
        ))}
      </tbody>
    </table>
  </div>
);
