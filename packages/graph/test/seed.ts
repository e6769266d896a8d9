// Which random cases do the laws try? The same ones each time, so that a red run is a fact about the change and not about
// luck; FUZZ_SEED=<number> tries others, FUZZ_SEED=random new ones each time (the seed is printed).
const given = process.env.FUZZ_SEED ?? "20261123";

const seed = given === "random" ? Date.now() % 2 ** 31 : Number(given);

if (given === "random") console.log(`fuzz seed ${seed} (again: FUZZ_SEED=${seed})`);

/** FUZZ_CASES=<number> tries that many cases of each law, for a longer look than every run of the tests can take. */
const cases = process.env.FUZZ_CASES === undefined ? undefined : Number(process.env.FUZZ_CASES);

/** Options of fc.assert: `numRuns` cases of this seed, and what went wrong in the report. */
export const fuzz = (numRuns: number) => ({ seed, numRuns: cases ?? numRuns, includeErrorInReport: true });
