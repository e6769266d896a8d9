// Chance that is the same on every machine: numbers from a seed, and the few choices that are made with them.

/** The next number in [0, 1). */
export type Random = () => number;

/** Mulberry32: 32 bits of state, which is plenty for sentences. */
export const randomOf = (seed: number): Random => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** A whole number from `least` to `most`, both of them possible. */
export const between = (random: Random, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1));

export const pick = <A>(random: Random, from: readonly A[]): A => {
  const found = from[Math.floor(random() * from.length)];
  if (found === undefined) throw new Error("internal: nothing to pick from");
  return found;
};

/** `of` in another order (Fisher and Yates). */
export const shuffled = <A>(random: Random, of: readonly A[]): readonly A[] => {
  const list = [...of];
  for (let i = list.length - 1; i > 0; i--) {
    const j = between(random, 0, i);
    [list[i], list[j]] = [list[j] as A, list[i] as A];
  }
  return list;
};

/** `count` different ones of `from`, in any order; a few of many without shuffling all. */
export const some = <A>(random: Random, count: number, from: readonly A[]): readonly A[] => {
  if (count > from.length) throw new Error(`internal: ${count} of ${from.length}`);
  const chosen = new Set<A>();
  while (chosen.size < count) chosen.add(pick(random, from));
  return [...chosen];
};
