// One array for all values that live between the segments of a run: each has its place in it, and lies where another lay that
// nothing reads any more. Lifetimes are known before a run, so places are too, and the array is hardly larger than what is
// alive at once.

/** A value: elements, and the steps from its making to its last reading. */
export type Span = { readonly name: string; readonly length: number; readonly first: number; readonly last: number };

export type Places = {
  /** First element of each value. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly elements: number;
};

/** Elements of a cache line: values begin on one. */
const LINE = 16;

const rounded = (length: number): number => LINE * Math.ceil(length / LINE);

const meets = (a: Span, b: Span): boolean => a.first <= b.last && b.first <= a.last;

type Taken = { readonly span: Span; readonly begin: number; readonly end: number };

/** The lowest place that is free for as long as the value lives. `taken`: by their begin. A long run has ten thousand of them. */
const lowest = (taken: readonly Taken[], value: Span, length: number): number => {
  let at = 0;
  for (const { span, begin, end } of taken) {
    if (!meets(span, value)) continue;
    if (begin - at >= length) return at;
    at = Math.max(at, end);
  }
  return at;
};

/** Large values first, each at the lowest place that is free (greedy by size; Pisarchyk and Lee 2020). */
export const placed = (spans: readonly Span[]): Places => {
  const offsets = new Map<string, number>();
  const taken: Taken[] = [];
  let elements = 0;
  for (const span of [...spans].sort((a, b) => b.length - a.length)) {
    const length = rounded(span.length);
    const begin = lowest(taken, span, length);
    const end = begin + length;
    offsets.set(span.name, begin);
    const next = taken.findIndex((other) => other.begin >= begin);
    taken.splice(next < 0 ? taken.length : next, 0, { span, begin, end });
    elements = Math.max(elements, end);
  }
  return { offsets, elements };
};
