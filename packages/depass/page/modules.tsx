// Through which heads and modules does the answer come? Layers by heads, and the attention and MLP of each layer as wholes.
import { useState } from "preact/hooks";
import { moduleColumns, moduleRows } from "../src/page/modules.ts";
import { sentence } from "../src/page/told.ts";
import { decimalsFor } from "../src/report/numbers.ts";
import { usePage } from "./context.ts";
import { Figure } from "./figure.tsx";
import { Grid } from "./grid.tsx";
import { Legend, SizedChoice } from "./legend.tsx";

export const ModuleMap = () => {
  const { modules, decimals, tell, idOf } = usePage();
  const [sized, setSized] = useState(false);
  if (modules === undefined) return null;
  const rows = moduleRows(modules);
  const largest = rows.flat().reduce((m, { score }) => Math.max(m, Math.abs(score)), 0);
  return (
    <Figure name="modules" title="Heads and modules">
      <p class="note">
        What each head, attention and MLP supplied to the same answer, by the rule {modules.rule}. Scores of different
        layers do not add up: what one layer supplies passes through those behind it. Largest relative gap{" "}
        {modules.gap.toExponential(1)}.
      </p>
      <Legend largest={largest} decimals={decimalsFor(largest)} sized={sized} />
      <p class="tools" data-unpictured="">
        <SizedChoice sized={sized} choose={setSized} />
      </p>
      <Grid
        labelledBy={idOf("modules")}
        sized={sized}
        corner="layer \ head"
        columns={moduleColumns(modules).map((name) => ({ name }))}
        rows={rows.map((modulesOfLayer, layer) => ({
          key: layer,
          name: `${layer}`,
          cells: modulesOfLayer.map(({ name, score }, column) => ({
            key: name,
            score,
            largest,
            label: sentence(tell({ parts: [], module: [layer, column] }), decimals),
            point: { "data-parts": "", "data-module": `${layer} ${column}` },
          })),
        }))}
      />
    </Figure>
  );
};
