// Where in a text are special tokens that it spells read as the characters that they are? Everywhere, nowhere, or in what
// somebody else wrote: the contents of messages between a template's own tokens.

/** Characters: UTF-16 code units, `start` to before `end`. */
export type TextRange = { readonly start: number; readonly end: number };

/**
 * Named as transformers' `split_special_tokens`: everywhere, nowhere, or in these ranges. A special token of which a
 * character is in one is plain text.
 */
export type SplitSpecialTokens = boolean | readonly TextRange[];

/** In order, without overlaps, none of them empty. */
const joined = (ranges: readonly TextRange[]): readonly TextRange[] => {
  const found: TextRange[] = [];
  const some = ranges.filter(({ start, end }) => start < end);
  for (const { start, end } of some.sort((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last !== undefined && start <= last.end) found[found.length - 1] = { ...last, end: Math.max(last.end, end) };
    else found.push({ start, end });
  }
  return found;
};

/** How many of `ranges`, which are in order, begin before `at`. */
const countBefore = (ranges: readonly TextRange[], at: number): number => {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as TextRange).start < at) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Whether a special token at a range is plain text there. */
export const splitsIn = (splits: SplitSpecialTokens): ((range: TextRange) => boolean) => {
  if (typeof splits === "boolean") return () => splits;
  const ranges = joined(splits);
  return ({ start, end }) => (ranges[countBefore(ranges, end) - 1]?.end ?? Number.NEGATIVE_INFINITY) > start;
};
