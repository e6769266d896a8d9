// Expected against computed: the error of a tensor as one number, and how a line about it reads.
import type { Backend, Tensor } from "@depass/graph";

/**
 * Largest error. Expected values that are stored in f64 are exact (conformance/exact); others carry a rounding of their own,
 * in how they were computed and how they are stored.
 */
export type Tolerance = { readonly rounded: number; readonly exact: number };

/** On what a folder is checked, how exactly, and which of its tensors, by their names in the lines about them. */
export type Terms = {
  readonly backend: Backend;
  readonly tolerance: Tolerance;
  readonly isWanted: (name: string) => boolean;
};

/** Terms for all that a folder has. */
export const inFull = (backend: Backend, rounded: number, exact = rounded): Terms => ({
  backend,
  tolerance: { rounded, exact },
  isWanted: () => true,
});

export type Outcome =
  | {
      readonly kind: "compared";
      readonly name: string;
      readonly error: number;
      readonly tolerance: number;
      readonly note?: string;
    }
  | {
      /** Compared under decisions that rounding could take either way; `plain` is the error without. */
      readonly kind: "undecided";
      readonly name: string;
      readonly error: number;
      readonly tolerance: number;
      readonly plain: number;
      readonly decisions: readonly string[];
      /** How many there were to choose from. */
      readonly open: number;
    }
  | { readonly kind: "failed"; readonly name: string; readonly reason: string }
  | { readonly kind: "uncovered"; readonly name: string; readonly reason: string };

/** Norm of the difference over the norm of what is expected; infinite where lengths differ or a value is no number. */
export const relativeError = (actual: ArrayLike<number>, expected: ArrayLike<number>): number => {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += ((actual[i] as number) - (expected[i] as number)) ** 2;
    size += (expected[i] as number) ** 2;
  }
  const error = Math.sqrt(difference) / (size > 0 ? Math.sqrt(size) : 1);
  return Number.isFinite(error) ? error : Number.POSITIVE_INFINITY;
};

export const compared = (name: string, actual: ArrayLike<number>, expected: Tensor, tolerance: Tolerance): Outcome => ({
  kind: "compared",
  name,
  error: relativeError(actual, expected.data),
  tolerance: expected.dtype === "f64" ? tolerance.exact : tolerance.rounded,
});

export const passes = (o: Outcome): boolean =>
  o.kind === "uncovered" || (o.kind !== "failed" && o.error <= o.tolerance);

const notesOf = (o: Outcome): readonly string[] => {
  if (o.kind === "compared") return o.note === undefined ? [] : [o.note];
  if (o.kind !== "undecided") return [];
  const { decisions, open, plain } = o;
  const which = `${decisions.length} of ${open} gate inputs that rounding leaves open`;
  return [`${plain.toExponential(1)} unless ${which} are taken the other way: ${decisions.join("; ")}`];
};

/** `ok      llama  token.softmax.bos  3.2e-7 of 2.0e-5`. */
export const showOutcome = (folder: string, o: Outcome): string => {
  const place = `${folder.padEnd(18)} ${o.name.padEnd(34)}`;
  if (o.kind === "uncovered") return `later   ${place} ${o.reason}`;
  if (o.kind === "failed") return `FAILED  ${place} ${o.reason}`;
  const errors = `${o.error.toExponential(1)} of ${o.tolerance.toExponential(1)}`;
  const word = passes(o) ? (o.kind === "undecided" ? "either" : "ok    ") : "FAILED";
  return [`${word}  ${place} ${errors}`, ...notesOf(o)].join("  ");
};
