// Sums of scores, as every result has them.

export const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
