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

/** The lowest place that is free for as long as the value lives. `taken`: places of values alive meanwhile, by their begin. */
const lowest = (taken: readonly (readonly [begin: number, end: number])[], length: number): number => {
  let at = 0;
  for (const [begin, end] of taken) {
    if (begin - at >= length) return at;
    at = Math.max(at, end);
  }
  return at;
};

/** Large values first, each at the lowest place that is free (greedy by size; Pisarchyk and Lee 2020). */
export const placed = (spans: readonly Span[]): Places => {
  const offsets = new Map<string, number>();
  const done: (readonly [span: Span, begin: number, end: number])[] = [];
  let elements = 0;
  for (const span of [...spans].sort((a, b) => b.length - a.length)) {
    const taken = done.flatMap(([other, begin, end]) => (meets(span, other) ? [[begin, end] as const] : []));
    const length = rounded(span.length);
    const begin = lowest(
      taken.sort(([a], [b]) => a - b),
      length,
    );
    offsets.set(span.name, begin);
    done.push([span, begin, begin + length]);
    elements = Math.max(elements, begin + length);
  }
  return { offsets, elements };
};
