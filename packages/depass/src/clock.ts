// Seconds since a moment.

/** Starts a clock; each call of the result says how many seconds have passed. */
export const since = (): (() => number) => {
  const start = performance.now();
  return () => (performance.now() - start) / 1000;
};
