// Which heads, modules and neurons supplied most? Those with the largest scores, whichever way they push.
import { type Module, moduleRows, strongest } from "../src/page/modules.ts";
import { decimalsFor, signed } from "../src/report/numbers.ts";
import { Bar, endsOf } from "./bar.tsx";
import { usePage } from "./context.ts";
import { Figure } from "./figure.tsx";

/** Rows of each kind, at most. */
const MOST = 12;

export type Placed = Module & { readonly at: string };

/** Each with its place in the map. */
export const placed = (rows: readonly (readonly Module[])[], row = 0): readonly Placed[] =>
  rows.flatMap((modules, r) => modules.map((m, column) => ({ ...m, at: `${row + r} ${column}` })));

export const isHead = ({ name }: Module): boolean => /^L\d+H/.test(name);

const Ranked = ({ title, modules }: { readonly title: string; readonly modules: readonly Placed[] }) => {
  const shown = strongest(modules, MOST) as readonly Placed[];
  const ends = endsOf(shown.map(({ score }) => score));
  const decimals = decimalsFor(Math.max(-ends.least, ends.most));
  return (
    <table class="ranked">
      <caption>{title}</caption>
      <thead class="unseen">
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Score</th>
          <th scope="col">Size</th>
        </tr>
      </thead>
      <tbody data-roving="" data-columns="1">
        {shown.map(({ name, score, at }, i) => (
          <tr key={at} data-parts="" data-module={at}>
            <th scope="row">
              <button type="button" aria-pressed="false" data-parts="" data-module={at} tabIndex={i === 0 ? 0 : -1}>
                {name}
              </button>
            </th>
            <td class="number">{signed(score, decimals)}</td>
            <td class="bars">
              <Bar score={score} {...ends} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};

export const Strongest = () => {
  const { modules } = usePage();
  if (modules === undefined) return null;
  const rows = moduleRows(modules);
  const all = placed(rows);
  const { neurons } = modules;
  return (
    <Figure name="strongest" title="The strongest of them">
      <div class="beside">
        <Ranked title="Heads" modules={all.filter(isHead)} />
        <Ranked title="Attention and MLPs" modules={all.filter((m) => !isHead(m))} />
        {neurons !== undefined && (
          <Ranked title={`Neurons, of ${neurons.of}`} modules={placed([neurons.strongest], rows.length)} />
        )}
      </div>
    </Figure>
  );
};
