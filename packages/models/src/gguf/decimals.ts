// Which decimal was meant by a number of 32 bits? Headers and lists of factors hold f32 where a config.json has decimals.

const MOST_DIGITS = 9; // always enough for an f32

/** The shortest decimal that is this number in f32: 1e-5 for what the header holds as 0.000009999999747378752. */
export const shortest = (value: number): number => {
  if (Math.fround(value) !== value) return value;
  for (let digits = 1; digits < MOST_DIGITS; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
};
