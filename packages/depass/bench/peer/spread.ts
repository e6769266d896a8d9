// How do figures of several turns read as one? The median, with the least and the most beside it.

export type Spread = { readonly median: number; readonly least: number; readonly most: number };

/** Of an even number, the mean of the two in the middle; of none, no number. */
export const medianOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
};

export const spreadOf = (values: readonly number[]): Spread => ({
  median: medianOf(values),
  least: Math.min(...values),
  most: Math.max(...values),
});

/**
 * Pair by pair, what the one took over what the other took in the same turn: a machine that is busy for a while is so for
 * both. Pairs that are not complete are left out.
 */
export const ratiosOf = (over: readonly number[], under: readonly number[]): Spread =>
  spreadOf(over.flatMap((value, turn) => (under[turn] === undefined ? [] : [value / under[turn]])));
