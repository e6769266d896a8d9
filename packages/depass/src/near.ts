// Which names could have been meant? Those that the fewest letters make of what was written (Levenshtein 1966).

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
};

/** The nearest names first, `most` of them. Only the beginning of a long text counts. */
export const near = (written: string, names: readonly string[], most = 3): readonly string[] =>
  names
    .map((name) => ({ name, letters: distance(written.slice(0, 64).toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.letters - b.letters)
    .slice(0, most)
    .map(({ name }) => name);
