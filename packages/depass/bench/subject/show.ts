// The figures as lines for people.
import { type StepTime, showBytes } from "@depass/kernels";
import type { Measured } from "./measure.ts";

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(0)} %`;

export const showMeasured = ({ packed, tokens, rows, run, fastest, gflop, products, bytes }: Measured): string =>
  [
    `T = ${tokens}`.padEnd(7),
    packed ? "packed" : "dense ",
    `${rows} rows`.padStart(11),
    `${run.wall.toFixed(3)} s (best ${fastest.toFixed(3)}, processors ${run.processors.toFixed(3)})`.padStart(44),
    `${gflop.toFixed(2)} GFLOP`.padStart(14),
    `${(gflop / run.wall).toFixed(2)} GFLOP/s`.padStart(16),
    `products alone ${(gflop / products.wall).toFixed(2)}, ${percent(products.wall, run.wall)} of the time (${percent(products.processors, run.processors)} of the processors')`,
    `weights ${showBytes(bytes.weights)}, a run ${showBytes(bytes.run)}`,
  ].join("  ");

/** Dense over packed, where both were measured. */
export const showRatio = ([packed, dense]: readonly Measured[]): readonly string[] => {
  if (packed === undefined || dense === undefined) return [];
  const ratio = (of: (m: Measured) => number): string => (of(dense) / of(packed)).toFixed(2);
  return [
    `        dense / packed: time ${ratio((m) => m.run.wall)}, processors ${ratio((m) => m.run.processors)}, operations ${ratio((m) => m.gflop)}, bytes of a run ${ratio((m) => m.bytes.run)}`,
  ];
};

/** A kernel's name without the layer it stands in. */
const family = ({ name, groups }: StepTime): string =>
  `${name.replace(/\d+/g, (d, at: number) => (/[.[]$/.test(name.slice(0, at)) ? "*" : d))}  ${groups.join("x")}`;

/** Time by kernel, largest first: share, milliseconds, dispatches. */
export const showProfile = (steps: readonly StepTime[], seconds: number): readonly string[] => {
  const all = new Map<string, { count: number; nanoseconds: number }>();
  for (const s of steps) {
    const sum = all.get(family(s)) ?? { count: 0, nanoseconds: 0 };
    all.set(family(s), { count: sum.count + 1, nanoseconds: sum.nanoseconds + s.nanoseconds });
  }
  const total = steps.reduce((sum, s) => sum + s.nanoseconds, 0);
  const lines = [...all]
    .sort(([, a], [, b]) => b.nanoseconds - a.nanoseconds)
    .map(
      ([name, { count, nanoseconds }]) =>
        `  ${((100 * nanoseconds) / total).toFixed(1).padStart(5)} %  ${(nanoseconds / 1e6).toFixed(2).padStart(9)} ms  ${`${count} x`.padStart(6)}  ${name}`,
    );
  return [
    `  profile: ${steps.length} steps, ${(total / 1e9).toFixed(3)} s on the device of ${seconds.toFixed(3)} s in all`,
    ...lines,
  ];
};
