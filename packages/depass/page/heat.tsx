// Through which layers does each part's score come? A table of parts by layers, each cell on the colour of its score: the
// score as it would be if the model stopped there.
import { useState } from "preact/hooks";
import { largestParts, MOST_CELLS } from "../src/page/thinned.ts";
import { layerName, sentence } from "../src/page/told.ts";
import { decimalsFor } from "../src/report/numbers.ts";
import type { LayerScores } from "../src/result.ts";
import { usePage } from "./context.ts";
import { Figure } from "./figure.tsx";
import { Grid } from "./grid.tsx";
import { Legend, SizedChoice } from "./legend.tsx";

const largestOf = (scores: readonly number[]): number => scores.reduce((m, s) => Math.max(m, Math.abs(s)), 0);

/** The end of each layer's scale: one for all layers, or its own. */
const scalesOf = (layers: readonly LayerScores[], apart: boolean): readonly number[] => {
  const own = layers.map(({ scores }) => largestOf(scores));
  const all = largestOf(own);
  return apart ? own : own.map(() => all);
};

export const Heat = () => {
  const { result, kept, decimals, nameOf, tell, idOf } = usePage();
  const [apart, setApart] = useState(false);
  const [sized, setSized] = useState(false);
  const { layers = [], parts } = result;
  if (layers.length === 0) return null;
  const scales = scalesOf(layers, apart);
  const fitting = largestParts(result, MOST_CELLS);
  const isCarried = new Set(kept ?? fitting);
  const shown = fitting.filter((i) => isCarried.has(i) && layers.some(({ scores }) => scores[i] !== 0));
  const largest = largestOf(scales);
  return (
    <Figure name="layers" title="Parts by layer">
      <p class="note">
        The scores if the model stopped as the state enters a layer and read it through its last norm.
        {fitting.length < parts.length &&
          ` ${fitting.length} of ${parts.length} parts are shown: those with the largest scores at any layer.`}
        {kept !== undefined && " The others' scores by layer are not in this file, either."}
      </p>
      {apart ? (
        <p class="legend">
          Each layer is on a scale of its own, from {sized ? "nothing to green" : "blue (opposes) to orange (supports)"}
          .
        </p>
      ) : (
        <Legend largest={largest} decimals={decimalsFor(largest)} sized={sized} />
      )}
      <p class="tools" data-unpictured="">
        <label>
          <input type="checkbox" checked={apart} onChange={({ currentTarget }) => setApart(currentTarget.checked)} />{" "}
          each layer on its own scale
        </label>
        <SizedChoice sized={sized} choose={setSized} />
      </p>
      <Grid
        labelledBy={idOf("layers")}
        sized={sized}
        corner="part \ layer"
        columns={layers.map(({ site }) => ({ name: layerName(site), title: site }))}
        rows={shown.map((part) => ({
          key: part,
          name: nameOf(part),
          point: { "data-parts": part },
          cells: layers.map(({ site, scores }, layer) => ({
            key: site,
            score: scores[part] ?? 0,
            largest: scales[layer] ?? 0,
            label: sentence(tell({ parts: [part], layer }), decimals),
            point: { "data-parts": part, "data-layer": layer },
          })),
        }))}
      />
    </Figure>
  );
};
