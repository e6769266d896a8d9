// The error function in f64: the Maclaurin series where it converges fast, the continued fraction of erfc beyond.
// Abramowitz & Stegun 7.1.6 and 7.1.14; both to about 1e-15.

const series = (x: number): number => {
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
};

const complement = (x: number): number => {
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + fraction));
};

export const erf = (x: number): number => {
  if (x === 0) return 0;
  const size = Math.abs(x);
  const value = size < 2.5 ? series(size) : 1 - complement(size);
  return x < 0 ? -value : value;
};
