// Through which layers does each part's score come? A table of parts by layers, each cell on the colour of its score: the
// score as it would be if the model stopped there.
import { useState } from "preact/hooks";
import { largestParts, MOST_CELLS } from "../src/page/thinned.ts";
import { layerName, nameOf, sentence, told } from "../src/page/told.ts";
import { decimalsFor } from "../src/report/numbers.ts";
import type { LayerScores } from "../src/result.ts";
import { coloursOf, onScale } from "./colour.ts";
import { usePage } from "./context.ts";
import { Figure } from "./figure.tsx";
import { Legend } from "./legend.tsx";

const largestOf = (scores: readonly number[]): number => scores.reduce((m, s) => Math.max(m, Math.abs(s)), 0);

/** The end of each layer's scale: one for all layers, or its own. */
const scalesOf = (layers: readonly LayerScores[], apart: boolean): readonly number[] => {
  const own = layers.map(({ scores }) => largestOf(scores));
  const all = largestOf(own);
  return apart ? own : own.map(() => all);
};

const Line = ({ part, scales, first }: { part: number; scales: readonly number[]; first: boolean }) => {
  const { result, decimals } = usePage();
  const { layers = [] } = result;
  return (
    <tr>
      <th scope="row" data-parts={part}>
        <bdi>{nameOf(result, part)}</bdi>
      </th>
      {layers.map(({ site, scores }, layer) => (
        <td
          key={site}
          role="gridcell"
          aria-selected="false"
          aria-label={sentence(told(result, { parts: [part], layer }), decimals)}
          tabIndex={first && layer === 0 ? 0 : -1}
          class="coloured"
          data-parts={part}
          data-layer={layer}
          style={coloursOf(onScale(scores[part] ?? 0, scales[layer] ?? 0))}
        />
      ))}
    </tr>
  );
};

export const Heat = () => {
  const { result, kept } = usePage();
  const [apart, setApart] = useState(false);
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
        <p class="legend">Each layer is on a scale of its own, from blue (opposes) to orange (supports).</p>
      ) : (
        <Legend largest={largest} decimals={decimalsFor(largest)} />
      )}
      <p class="tools" data-unpictured="">
        <label>
          <input type="checkbox" checked={apart} onChange={({ currentTarget }) => setApart(currentTarget.checked)} />{" "}
          each layer on its own scale
        </label>
      </p>
      <div class="wide tall">
        <table class="heat" role="grid" aria-labelledby="layers" data-roving="" data-columns={layers.length}>
          <thead>
            <tr>
              <th scope="col">part \ layer</th>
              {layers.map(({ site }) => (
                <th key={site} scope="col" title={site}>
                  {layerName(site)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((part, i) => (
              <Line key={part} part={part} scales={scales} first={i === 0} />
            ))}
          </tbody>
        </table>
      </div>
    </Figure>
  );
};
