// How much is a score beside others? A bar from zero, both signs on one scale.
type BarProps = { readonly score: number; readonly least: number; readonly most: number };

/** The ends of the scale that shows all of them. */
export const endsOf = (scores: readonly number[]): Omit<BarProps, "score"> => ({
  least: scores.reduce((m, s) => Math.min(m, s), 0),
  most: scores.reduce((m, s) => Math.max(m, s), 0),
});

export const Bar = ({ score, least, most }: BarProps) => {
  const percent = (x: number): string => `${(100 * x) / (most - least || 1)}%`;
  return (
    <div class="bar" aria-hidden="true">
      <div class="zero" style={{ left: percent(-least) }} />
      <div
        class={score < 0 ? "length opposes" : "length supports"}
        style={{ left: percent(Math.min(score, 0) - least), width: percent(Math.abs(score)) }}
      />
    </div>
  );
};
