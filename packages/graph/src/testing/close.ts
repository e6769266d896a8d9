// Are two tensors the same but for rounding? If not: how far apart at most, where, and how both look.
import { type Tensor, toF64 } from "../tensor.ts";
import { placeOf } from "./values.ts";

export type Tolerance = {
  /** Allowed error whatever the value. */
  readonly atol?: number;
  /** Allowed error as a part of the expected value, or of the largest expected value if `of` is `largest`. */
  readonly rtol?: number;
  readonly of?: "each" | "largest";
};

const text = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

const apart = (a: number, b: number): number => (Object.is(a, b) || a === b ? 0 : Math.abs(a - b));

/** Throws unless both have one shape and every element is within the tolerance; NaN is close to NaN alone. */
export const close = (
  actual: Tensor,
  expected: Tensor,
  { atol = 0, rtol = 1e-9, of = "each" }: Tolerance = {},
): void => {
  const shapes = `actual ${text(actual.shape)}, expected ${text(expected.shape)}`;
  if (text(actual.shape) !== text(expected.shape)) throw new Error(`shapes differ: ${shapes}`);
  const [got, wanted] = [toF64(actual), toF64(expected)];
  if (got.length !== wanted.length) throw new Error(`${got.length} values, expected ${wanted.length}: ${shapes}`);
  const largest = wanted.reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 0);
  const allowed = (x: number): number => atol + rtol * (of === "largest" ? largest : Math.abs(x));
  let worst = -1;
  let excess = 0;
  wanted.forEach((x, i) => {
    const error = apart(got[i] as number, x);
    // An infinite excess is allowed to stand for NaN: no difference with NaN compares.
    const beyond = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error === 0 ? 0 : error - allowed(x);
    if (beyond > excess || Number.isNaN(beyond)) [worst, excess] = [i, beyond];
  });
  if (worst < 0) return;
  const error = apart(got[worst] as number, wanted[worst] as number);
  throw new Error(
    `${got[worst]} at ${text(placeOf(worst, actual.shape))}, expected ${wanted[worst]}: ` +
      `the largest error is ${error.toExponential(2)}, allowed ${allowed(wanted[worst] as number).toExponential(2)}; ${shapes}`,
  );
};
