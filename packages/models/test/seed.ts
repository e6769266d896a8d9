// Which random cases do the fuzz tests try? New ones each time, and the same again with FUZZ_SEED=<printed number>.
const given = process.env.FUZZ_SEED;

const seed = given === undefined ? Date.now() % 2 ** 31 : Number(given);

console.log(`fuzz seed ${seed} (again: FUZZ_SEED=${seed})`);

/** Options of fc.assert: `numRuns` cases of this seed. */
export const fuzz = (numRuns: number): { readonly seed: number; readonly numRuns: number } => ({ seed, numRuns });
