// Which random cases do the fuzz tests try? New ones each time, and the same again with FUZZ_SEED=<printed number>.
const given = process.env.FUZZ_SEED;

const seed = given === undefined ? Date.now() % 2 ** 31 : Number(given);

console.log(`fuzz seed ${seed} (again: FUZZ_SEED=${seed})`);

/** Options of fc.assert: `numRuns` cases of this seed, and what went wrong in the report. */
export const fuzz = (numRuns: number) => ({ seed, numRuns, includeErrorInReport: true });
