// How do scores, shares and times read? Short, with a sign where the sign is the point, aligned by their decimals.

/** Decimals that tell scores up to `largest` apart: about four digits. */
export const decimalsFor = (largest: number): number =>
  largest > 0 ? Math.min(12, Math.max(0, 3 - Math.floor(Math.log10(largest)))) : 3;

/** `+1.250`, `-0.031`; plain `0.000` for a zero. */
export const signed = (score: number, decimals: number): string =>
  `${score > 0 ? "+" : score < 0 ? "-" : ""}${Math.abs(score).toFixed(decimals)}`;

export const percent = (share: number, decimals = 1): string => `${(100 * share).toFixed(decimals)} %`;

/** `0.42 s`, `12.3 s`, `3 min 20 s`. */
export const duration = (seconds: number): string => {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
};
