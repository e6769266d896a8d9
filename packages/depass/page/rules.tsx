// How much do the scores hang on the rule? A row a part, a column a rule, to be sorted; and how far each rule is from the first.
import { useState } from "preact/hooks";
import { type Rules, spreadOf } from "../src/page/rules.ts";
import { sentence } from "../src/page/told.ts";
import { decimalsFor, percent, signed } from "../src/report/numbers.ts";
import { usePage } from "./context.ts";
import { Figure } from "./figure.tsx";
import { Grid, type GridColumn } from "./grid.tsx";
import { Legend } from "./legend.tsx";

/** Rows drawn: of more parts, those with the largest scores under any rule. */
const MOST_ROWS = 100;

/** A rule by its number; behind all rules, how far apart they are. */
type Order = { readonly column: number; readonly down: boolean };

const sizeOf = (rules: Rules, part: number): number =>
  rules.scores.reduce((m, scores) => Math.max(m, Math.abs(scores[part] ?? 0)), 0);

const keyOf = (rules: Rules, column: number, part: number): number => {
  const { least, most } = spreadOf(rules, part);
  return column < rules.names.length ? (rules.scores[column]?.[part] ?? 0) : most - least;
};

const drawn = (rules: Rules, { column, down }: Order): readonly number[] =>
  (rules.scores[0] ?? [])
    .map((_, part) => part)
    .filter((part) => sizeOf(rules, part) > 0)
    .sort((a, b) => sizeOf(rules, b) - sizeOf(rules, a))
    .slice(0, MOST_ROWS)
    .sort((a, b) => (down ? -1 : 1) * (keyOf(rules, column, a) - keyOf(rules, column, b)));

const Moved = ({ rules }: { readonly rules: Rules }) => (
  <div class="wide">
    <table class="moved">
      <caption>Each rule beside {rules.names[0]}</caption>
      <thead>
        <tr>
          <th scope="col">Rule</th>
          <th scope="col">Scores moved by</th>
          <th scope="col">Pairs in the same order</th>
          <th scope="col">Relative gap</th>
        </tr>
      </thead>
      <tbody>
        {rules.moved.map(({ rule, distance, order }, i) => (
          <tr key={rule}>
            <th scope="row">{rule}</th>
            <td class="number">{percent(distance)}</td>
            <td class="number">{percent(order)}</td>
            <td class="number">{(rules.gaps[i + 1] ?? 0).toExponential(1)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

export const RulesCompared = () => {
  const { result, rules, nameOf, tell, idOf } = usePage();
  const [order, setOrder] = useState<Order>({ column: 0, down: true });
  if (rules === undefined) return null;
  const shown = drawn(rules, order);
  const largest = shown.reduce((m, part) => Math.max(m, sizeOf(rules, part)), 0);
  const decimals = Math.min(3, decimalsFor(largest));
  const columns = [...rules.names, "range"].map((name, column): GridColumn => {
    const own = order.column === column;
    const by = own ? (order.down ? "descending" : "ascending") : "none";
    return { name, sort: { by, choose: () => setOrder({ column, down: own ? !order.down : true }) } };
  });
  return (
    <Figure name="rules" title="Rules compared">
      <p class="note">
        The same parts of the same answer under each rule: what stays is worth more than what does not. A range in bold
        has scores on both sides of zero.
        {shown.length < result.parts.length && ` ${shown.length} of ${result.parts.length} parts are shown.`}
      </p>
      <Legend largest={largest} decimals={decimals} />
      <Grid
        labelledBy={idOf("rules")}
        corner="part \ rule"
        columns={columns}
        rows={shown.map((part) => {
          const { least, most, sameSign } = spreadOf(rules, part);
          return {
            key: part,
            name: nameOf(part),
            point: { "data-parts": part },
            end: { text: `${signed(least, decimals)} to ${signed(most, decimals)}`, strong: !sameSign },
            cells: rules.names.map((name, rule) => ({
              key: name,
              score: rules.scores[rule]?.[part] ?? 0,
              text: signed(rules.scores[rule]?.[part] ?? 0, decimals),
              largest,
              label: sentence(tell({ parts: [part], rule }), decimals),
              point: { "data-parts": part, "data-rule": rule },
            })),
          };
        })}
      />
      <Moved rules={rules} />
    </Figure>
  );
};
