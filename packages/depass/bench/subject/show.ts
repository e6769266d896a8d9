// The figures as lines for people.
import { type StepTime, showBytes } from "@depass/kernels";
import type { Measured } from "./measure.ts";

export const showMeasured = (m: Measured): string =>
  [
    `T = ${m.tokens}`.padEnd(7),
    m.packed ? "packed" : "dense ",
    `${m.rows} rows`.padStart(11),
    `${m.seconds.toFixed(3)} s (best ${m.fastest.toFixed(3)}, of processors ${m.processorSeconds.toFixed(3)})`.padStart(
      44,
    ),
    `${m.gflop.toFixed(2)} GFLOP`.padStart(14),
    `${(m.gflop / m.seconds).toFixed(2)} GFLOP/s`.padStart(16),
    `products alone ${(m.gflop / m.productSeconds).toFixed(2)}: ${((100 * m.productSeconds) / m.seconds).toFixed(0)} % of it`,
    `weights ${showBytes(m.bytes.weights)}, a run ${showBytes(m.bytes.run)}`,
  ].join("  ");

/** Dense over packed, where both were measured. */
export const showRatio = ([packed, dense]: readonly Measured[]): readonly string[] =>
  packed === undefined || dense === undefined
    ? []
    : [
        `        dense / packed: time ${(dense.seconds / packed.seconds).toFixed(2)}, bytes of a run ${(dense.bytes.run / packed.bytes.run).toFixed(2)}`,
      ];

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
