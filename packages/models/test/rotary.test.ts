import { evaluateClosed, toF64 } from "@depass/graph";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Rope } from "../src/rope.ts";
import { inverseFrequencies, rotaryOf } from "../src/rotary.ts";

const LLAMA3: Rope = {
  kind: "llama3",
  theta: 1e4,
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalContext: 16,
};
const DYNAMIC: Rope = { kind: "dynamic", theta: 1e4, factor: 4, originalContext: 64 };
const YARN: Rope = {
  kind: "yarn",
  theta: 1e4,
  factor: 4,
  originalContext: 1024,
  betaFast: 32,
  betaSlow: 1,
  truncate: true,
  magnitude: 1.25,
};
const LONGROPE: Rope = {
  kind: "longrope",
  theta: 1e4,
  originalContext: 16,
  short: [1, 1.1, 1.25, 1.5],
  long: [1, 2.5, 4, 8],
  magnitude: 1.5,
};

/** To f32 rounding: the frequencies are computed in f32, as the published models do. */
const close = (actual: readonly number[], expected: readonly number[]): void => {
  assert.is(actual.length, expected.length);
  for (const [i, a] of actual.entries()) {
    assert.ok(Math.abs(a - (expected[i] ?? 0)) <= 3e-7 * Math.abs(a), `${i}: ${a} ${expected[i]}`);
  }
};

test("plain frequencies are powers of theta", () => {
  close(inverseFrequencies({ kind: "default", theta: 10_000 }, 8), [1, 0.1, 0.01, 0.001]);
});

test("llama3 keeps short wavelengths, stretches long ones and mixes between", () => {
  // Wavelengths 6.28 (between 16/4 and 16/1), 29.2 and longer: by hand from _compute_llama3_parameters.
  const smooth = (16 / (2 * Math.PI) - 1) / 3;
  const rest = [1, 2, 3, 4, 5].map((i) => 10_000 ** (-i / 6) / 8);
  close(inverseFrequencies(LLAMA3, 12), [(1 - smooth) / 8 + smooth, ...rest]);
  close(
    inverseFrequencies({ ...LLAMA3, originalContext: 8192 }, 12).slice(0, 4),
    [1, 2, 3, 4].map((_, i) => 10_000 ** (-i / 6)),
  );
});

test("the f32 roundings are those of transformers", () => {
  // `rotary_emb.inv_freq` of LlamaForCausalLM with these settings, transformers 5.23 on torch 2.15.
  const expected = [
    0.5760563611984253, 0.0269304309040308, 0.005801985505968332, 0.0012499999720603228, 0.0002693042915780097,
    0.00005801986844744533,
  ];
  assert.equal(inverseFrequencies(LLAMA3, 12), expected);
});

// The others' too: ROPE_INIT_FUNCTIONS of transformers 5.18 on torch 2.15, with these settings.
test("linear", () => {
  const linear: Rope = { kind: "linear", theta: 1e4, factor: 4 };
  assert.equal(
    inverseFrequencies(linear, 8),
    [0.25, 0.02500000037252903, 0.0024999999441206455, 0.0002500000118743628],
  );
  assert.equal(
    inverseFrequencies({ ...linear, partial: 0.75 }, 12),
    [
      0.25, 0.0538608618080616, 0.011603971011936665, 0.0024999999441206455, 0.0005386085831560194,
      0.00011603973689489067,
    ],
  );
});

test("yarn: the ramp with whole ends, and with real ones", () => {
  assert.equal(
    inverseFrequencies(YARN, 16),
    [
      1, 0.3162277638912201, 0.08125000447034836, 0.019764237105846405, 0.0043750000186264515, 0.0007905694656074047,
      0.0002500000118743628, 7.905694656074047e-5,
    ],
  );
  assert.equal(
    inverseFrequencies({ ...YARN, betaFast: 16, betaSlow: 2, truncate: false }, 16),
    [
      1, 0.3162277638912201, 0.10000000149011612, 0.01870180480182171, 0.0024999999441206455, 0.0007905694656074047,
      0.0002500000118743628, 7.905694656074047e-5,
    ],
  );
});

/** Frequencies as the tables of T tokens have them: the angle of token 1 is the frequency itself. */
const atToken1 = (rope: Rope, width: number, T: number): readonly number[] => {
  const { rotary } = rotaryOf({ ...rope, magnitude: 1 } as Rope, width, "T");
  const sin = toF64(evaluateClosed(rotary.sin, { T }));
  const cos = toF64(evaluateClosed(rotary.cos, { T }));
  return Array.from({ length: width / 2 }, (_, i) =>
    Math.atan2(sin[width / 2 + i] as number, cos[width / 2 + i] as number),
  );
};

test("dynamic: as it was within the original context, slower beyond", () => {
  close(atToken1(DYNAMIC, 8, 50), [1, 0.1, 0.01, 0.001]);
  close(atToken1(DYNAMIC, 8, 64), [1, 0.1, 0.01, 0.001]);
  close(atToken1(DYNAMIC, 8, 100), [1, 0.06751064211130142, 0.0045576863922178745, 0.00030769233126193285]);
});

test("longrope: short factors within the original context, long ones beyond", () => {
  const short = [1, 0.09090909361839294, 0.00800000037997961, 0.0006666666595265269];
  assert.equal(inverseFrequencies(LONGROPE, 8), short);
  close(atToken1(LONGROPE, 8, 16), short);
  close(atToken1(LONGROPE, 8, 17), [1, 0.03999999910593033, 0.0024999999441206455, 0.0001250000059371814]);
});

test("a magnitude stands before cosine and sine, and a part of a head has narrower tables", () => {
  const { rotary, rotaryWidth } = rotaryOf({ ...YARN, partial: 0.5 }, 16, "T");
  assert.is(rotaryWidth, 8);
  const cos = evaluateClosed(rotary.cos, { T: 1 });
  assert.equal(
    [cos.shape, [...toF64(cos)]],
    [
      [1, 4],
      [1.25, 1.25, 1.25, 1.25],
    ],
  );
});

test.run();
