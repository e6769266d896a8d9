// How long is a score? A bar to the right of zero or to the left, in half columns, both sides on one scale.

export type BarScale = {
  /** Columns left and right of the zero line. */
  readonly left: number;
  readonly right: number;
  /** Columns of one unit of score. */
  readonly perUnit: number;
};

/** Both sides share the columns in proportion to what they have to show; one column is the zero line. */
export const barScale = (scores: readonly number[], columns: number): BarScale => {
  const most = scores.reduce((m, s) => Math.max(m, s), 0);
  const least = scores.reduce((m, s) => Math.min(m, s), 0);
  const room = columns - 1;
  if (most === least) return { left: 0, right: room, perUnit: 0 };
  const left = least === 0 ? 0 : Math.min(room - 1, Math.max(1, Math.round((room * -least) / (most - least))));
  const right = room - left;
  const perUnit = Math.min(
    least === 0 ? Number.POSITIVE_INFINITY : left / -least,
    most === 0 ? Number.POSITIVE_INFINITY : right / most,
  );
  return { left, right, perUnit };
};

/** Whole and half columns of a length; anything that is not zero is to be seen. */
const halves = (length: number, room: number): number =>
  length === 0 ? 0 : Math.min(2 * room, Math.max(1, Math.round(2 * length)));

/** `left`, the zero line and `right`: `   ▐█│`, `     │██▌`. */
export const bar = (score: number, { left, right, perUnit }: BarScale): readonly [string, string, string] => {
  const count = halves(Math.abs(score) * perUnit, score < 0 ? left : right);
  const full = "█".repeat(Math.floor(count / 2));
  const half = count % 2 === 1;
  return score < 0
    ? [`${half ? "▐" : ""}${full}`.padStart(left), "│", " ".repeat(right)]
    : [" ".repeat(left), "│", `${full}${half ? "▌" : ""}`.padEnd(right)];
};
