// How does one part come through the layers? Its score as the state enters each, as a line: of what is pointed at, else of what
// is locked, else of the largest part.
import { type ScaleLinear, scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { useEffect, useState } from "preact/hooks";
import { layerName } from "../src/page/told.ts";
import { decimalsFor, signed } from "../src/report/numbers.ts";
import type { AttributionJson } from "../src/result.ts";
import { usePage } from "./context.ts";
import { Figure } from "./figure.tsx";

/** Of the drawing, in its own units; margins hold the axes' names and numbers. */
const [WIDTH, HEIGHT] = [720, 240];
const margin = { left: 110, right: 20, top: 14, bottom: 52 } as const;
/** Numbers along the axis of layers, at most. */
const MOST_TICKS = 16;

const largestPart = ({ parts }: AttributionJson): number =>
  parts.reduce((best, { score }, i) => (Math.abs(score) > Math.abs(parts[best]?.score ?? 0) ? i : best), 0);

type Point = { readonly layer: number; readonly name: string; readonly score: number };

/** The parts to draw: those pointed at, if they have scores by layer. */
const useParts = (): readonly number[] => {
  const { result, pointing } = usePage();
  const [{ now, locked }, hear] = useState(pointing.pointed());
  useEffect(() => pointing.listen(() => hear(pointing.pointed())), [pointing]);
  return [now, locked].map((s) => s?.parts ?? []).find((parts) => parts.length > 0) ?? [largestPart(result)];
};

/** Which layer changes the score most, in words; the last point is behind the last layer. */
const steepest = (points: readonly Point[], decimals: number): string => {
  const steps = points.slice(1).map((p, i) => ({ name: points[i]?.name, step: p.score - (points[i]?.score ?? 0) }));
  const most = steps.reduce((a, b) => (Math.abs(b.step) > Math.abs(a.step) ? b : a), { name: "", step: 0 });
  return most.step === 0 ? "" : `Layer ${most.name} changes it most, by ${signed(most.step, decimals)}.`;
};

type DrawnProps = { readonly points: readonly Point[]; readonly parts: string; readonly label: string };

/** Numbers along the axis of scores, about. */
const TICKS = 5;

const Scores = ({ y }: { readonly y: ScaleLinear<number, number> }) => {
  const told = y.tickFormat(TICKS, "+f");
  return (
    <>
      {y.ticks(TICKS).map((score) => (
        <g key={score}>
          <path
            d={`M${margin.left} ${y(score)}H${WIDTH - margin.right}`}
            stroke="currentColor"
            opacity={score === 0 ? 0.6 : 0.25}
          />
          <text x={margin.left - 6} y={y(score) + 4} text-anchor="end">
            {score === 0 ? "0" : told(score).replace("\u2212", "-")}
          </text>
        </g>
      ))}
    </>
  );
};

type LayersProps = { readonly points: readonly Point[]; readonly x: ScaleLinear<number, number> };

/** The last has its name, and the others as far as there is room. */
const Layers = ({ points, x }: LayersProps) => {
  const every = Math.ceil(points.length / MOST_TICKS);
  const last = points.length - 1;
  return (
    <>
      {points.map(({ name }, i) =>
        i === last || (i % every === 0 && last - i >= every) ? (
          <text key={name} x={x(i)} y={HEIGHT - margin.bottom + 22} text-anchor="middle">
            {name}
          </text>
        ) : null,
      )}
    </>
  );
};

const Drawn = ({ points, parts, label }: DrawnProps) => {
  const x = scaleLinear([0, Math.max(1, points.length - 1)], [margin.left, WIDTH - margin.right]);
  const ends = [0, ...points.map((p) => p.score)];
  const y = scaleLinear([Math.min(...ends), Math.max(...ends)], [HEIGHT - margin.bottom, margin.top]).nice(TICKS);
  const drawn = line<Point>(
    (_, i) => x(i),
    ({ score }) => y(score),
  )(points);
  return (
    <svg class="flow" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} fill="currentColor">
      <Scores y={y} />
      <Layers points={points} x={x} />
      <text x={(margin.left + WIDTH) / 2} y={HEIGHT - 6} text-anchor="middle">
        layer that the state enters
      </text>
      <text transform={`translate(18 ${(HEIGHT - margin.bottom) / 2}) rotate(-90)`} text-anchor="middle">
        score
      </text>
      <path class="line" d={drawn ?? ""} fill="none" stroke="currentColor" stroke-width="2" />
      {points.map(({ layer, score }, i) => (
        <circle key={layer} cx={x(i)} cy={y(score)} r="4" data-parts={parts} data-layer={layer} />
      ))}
    </svg>
  );
};

export const Flow = () => {
  const { result, kept, nameOf, tell } = usePage();
  const parts = useParts();
  const { layers = [] } = result;
  if (layers.length < 2) return null;
  const points = layers.map(({ site }, layer) => ({
    layer,
    name: layerName(site),
    score: tell({ parts, layer }).score,
  }));
  const name = parts.map(nameOf).join(" + ");
  const decimals = decimalsFor(points.reduce((m, p) => Math.max(m, Math.abs(p.score)), 0));
  const said = steepest(points, decimals);
  const absent = kept !== undefined && !parts.every((part) => kept.includes(part));
  return (
    <Figure name="flow" title="One part through the layers">
      <p class="note">
        <bdi class="token">{name}</bdi>{" "}
        {absent ? "has no scores by layer in this file." : `as the state enters each layer. ${said}`}{" "}
        <span class="hint">Point at another part, or lock it, to see its line.</span>
      </p>
      {!absent && <Drawn points={points} parts={parts.join(" ")} label={`Scores of ${name} by layer. ${said}`} />}
    </Figure>
  );
};
