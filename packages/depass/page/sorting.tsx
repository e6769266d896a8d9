// By which column are rows sorted, and which way? A head to press, and how long a table may be before somebody asks for all of it.
import { useState } from "preact/hooks";
import { visible } from "../src/report/visible.ts";

export type Order<Column extends string> = { readonly column: Column; readonly down: boolean };
export type Orders<Row, Column extends string> = Readonly<Record<Column, (a: Row, b: Row) => number>>;

type HeadProps<Column extends string> = {
  readonly column: Column;
  readonly title: string;
  /** Sorted upwards by the first press: names and places. */
  readonly upwards?: boolean;
  readonly order: Order<Column>;
  readonly choose: (order: Order<Column>) => void;
};

export const Head = <Column extends string>({ column, title, upwards, order, choose }: HeadProps<Column>) => {
  const own = order.column === column;
  return (
    <th scope="col" aria-sort={own ? (order.down ? "descending" : "ascending") : "none"} class={column}>
      <button type="button" onClick={() => choose({ column, down: own ? !order.down : upwards !== true })}>
        {title}
        <span class="arrow" aria-hidden="true">
          {own ? (order.down ? "▼" : "▲") : ""}
        </span>
      </button>
    </th>
  );
};

/** Rows drawn before somebody asks for all. */
const MOST_ROWS = 200;

type Search<Row, Column extends string> = {
  readonly rows: readonly Row[];
  /** What is searched of a row. */
  readonly textOf: (row: Row) => string;
  readonly orders: Orders<Row, Column>;
  readonly first: Order<NoInfer<Column>>;
  /** What the rows are. */
  readonly what: string;
};

/** The rows to draw, in order; the line above them to search by; and what a Head needs. */
export const useSearch = <Row, Column extends string>({ rows, textOf, orders, first, what }: Search<Row, Column>) => {
  const [order, choose] = useState<Order<Column>>(first);
  const [wanted, setWanted] = useState("");
  const [all, setAll] = useState(false);
  const sorted = [...rows].sort((a, b) => (order.down ? -1 : 1) * orders[order.column](a, b));
  const found = sorted.filter((row) => textOf(row).toLowerCase().includes(wanted.toLowerCase()));
  const shown = all ? found : found.slice(0, MOST_ROWS);
  const isCut = shown.length < found.length;
  const isSearched = found.length < rows.length;
  const tools = (
    <>
      <p class="tools" data-unpictured="">
        <label>
          Find <input type="search" value={wanted} onInput={({ currentTarget }) => setWanted(currentTarget.value)} />
        </label>
        <span role="status">{isSearched ? `${found.length} of ${rows.length} ${what}` : `${rows.length} ${what}`}</span>
        {isCut && (
          <button type="button" onClick={() => setAll(true)}>
            Show all
          </button>
        )}
      </p>
      {(isCut || isSearched) && (
        <p class="note">
          {isSearched && `Those in which “${visible(wanted)}” is: ${found.length} of ${rows.length} ${what}. `}
          {isCut && `The first ${shown.length} of ${found.length} ${what} are shown.`}
        </p>
      )}
    </>
  );
  return { shown, found, tools, head: { order, choose } };
};
