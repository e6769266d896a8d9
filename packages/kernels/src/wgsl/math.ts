// Elementary functions that are as good as f32 allows, everywhere: WGSL's own may be off by far more. Measured on
// SwiftShader against f64 (largest relative error): exp 3.9e-6 on [-80, 0] (x · log2 e is rounded before 2^x, as on GPUs),
// tanh 6e-2 near 0 and NaN beyond 88, sin and cos 2e-4 absolute, log 1e-4 near 1; sqrt, inverseSqrt, division and exp2 are
// within 2e-7 and stay WGSL's. Source of the polynomials: Moshier, Cephes single precision. No workgroup state, no hazards.

/** Text of a function `<key>(x: f32) -> f32`, and the texts it calls. */
type Function = { readonly text: string; readonly calls: readonly MathName[] };

export type MathName = "exp_of" | "log_of" | "tanh_of" | "sigmoid_of" | "sin_of" | "cos_of" | "erf_of";

/** e^x = 2^n · e^r with |r| ≤ ln 2 / 2; ln 2 in two parts, so that n · ln 2 is exact. Below -104 it is 0. Error 1.2e-7. */
const exponential = `fn exp_of(v: f32) -> f32 {
  let x = clamp(v, -110.0, 88.72);
  let n = floor(x * 1.44269504 + 0.5);
  let r = (x - n * 0.693359375) + n * 2.12194440e-4;
  let p = ((((1.9875691500e-4 * r + 1.3981999507e-3) * r + 8.3334519073e-3) * r + 4.1665795894e-2) * r + 1.6666665459e-1) * r + 5.0000001201e-1;
  let h = floor(n * 0.5);
  return ((p * r * r + r) + 1.0) * bitcast<f32>((i32(h) + 127) * 8388608) * bitcast<f32>((i32(n - h) + 127) * 8388608);
}`;

/** x = 2^e · m with m in [0.707, 1.414); the series in m - 1 keeps its digits near 1. For normal x > 0. Error 1.2e-7. */
const logarithm = `fn log_of(x: f32) -> f32 {
  let bits = bitcast<i32>(x) - 1060439283;
  let e = floor(f32(bits) / 8388608.0);
  let z = bitcast<f32>(bitcast<i32>(x) - i32(e) * 8388608) - 1.0;
  let p = (((((((7.0376836292e-2 * z - 1.1514610310e-1) * z + 1.1676998740e-1) * z - 1.2420140846e-1) * z + 1.4249322787e-1) * z - 1.6668057665e-1) * z + 2.0000714765e-1) * z - 2.4999993993e-1) * z + 3.3333331174e-1;
  return (z + (z * z * z * p - e * 2.12194440e-4 - 0.5 * z * z)) + e * 0.693359375;
}`;

/** A series near 0, where 1 - 2 / (e^2x + 1) loses its digits; finite everywhere. Error 1.8e-7. */
const tangent = `fn tanh_of(x: f32) -> f32 {
  let z = x * x;
  let near = ((((-5.70498872745e-3 * z + 2.06390887954e-2) * z - 5.37397155531e-2) * z + 1.33314422036e-1) * z - 3.33332819422e-1) * z * x + x;
  let far = sign(x) * (1.0 - 2.0 / (exp_of(min(2.0 * abs(x), 40.0)) + 1.0));
  return select(far, near, abs(x) < 0.625);
}`;

const sigmoid = "fn sigmoid_of(x: f32) -> f32 { return 1.0 / (1.0 + exp_of(-x)); }";

/** sin of r + q · π/2 for |r| ≤ π/4; π/2 is taken off in parts of 8 bits, exact up to |x| = 100 000. Error 1.2e-7 absolute. */
const turned = (name: string, quarter: string): string => `fn ${name}(x: f32) -> f32 {
  let n = floor(x * 0.6366197724 + 0.5);
  let r = (((x - n * 1.5703125) - n * 4.825592041015625e-4) - n * 1.2665987014770508e-6) - n * 9.92093629e-10;
  let z = r * r;
  let s = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
  let c = ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1.0;
  let q = ${quarter};
  let v = select(s, c, (q & 1) == 1);
  return select(v, -v, (q & 2) == 2);
}`;

/** erf by its series below 2 (Abramowitz & Stegun 7.1.6), by erfc's continued fraction beyond (7.1.14). Error 3e-7. */
const errorFunction = `fn erf_of(x: f32) -> f32 {
  let a = abs(x);
  if (a < 2.0) {
    var term = x;
    var total = x;
    for (var n = 1; n < 32; n++) { term *= 2.0 * x * x / f32(2 * n + 1); total += term; }
    return 1.1283791670955126 * exp_of(-x * x) * total;
  }
  var f = 0.0;
  for (var n = 40; n > 0; n--) { f = f32(n) * 0.5 / (a + f); }
  return sign(x) * (1.0 - exp_of(-min(a * a, 80.0)) / (1.7724538509055159 * (a + f)));
}`;

const functions: Readonly<Record<MathName, Function>> = {
  exp_of: { text: exponential, calls: [] },
  log_of: { text: logarithm, calls: [] },
  tanh_of: { text: tangent, calls: ["exp_of"] },
  sigmoid_of: { text: sigmoid, calls: ["exp_of"] },
  sin_of: { text: turned("sin_of", "i32(n)"), calls: [] },
  cos_of: { text: turned("cos_of", "i32(n) + 1"), calls: [] },
  erf_of: { text: errorFunction, calls: ["exp_of"] },
};

/** WGSL: the functions of these names and what they call, each once. */
const mathFunctions = (names: readonly MathName[]): string => {
  const all = new Set(names.flatMap((n) => [...functions[n].calls, n]));
  return [...all].map((n) => functions[n].text).join("\n");
};

/** WGSL: those of the functions that `body` calls. */
export const mathFor = (body: string): string =>
  mathFunctions((Object.keys(functions) as MathName[]).filter((n) => body.includes(`${n}(`)));
