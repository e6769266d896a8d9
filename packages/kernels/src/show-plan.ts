// A plan as text: its steps with what they read and write, its buffers with their formulas and, at given sizes, bytes.
import { type Sizes, showShape } from "@depass/graph";
import { bytesOf, layOut, planBytes } from "./memory-plan.ts";
import type { Plan } from "./plan.ts";

const units = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

/** `1.5 MiB`. */
export const showBytes = (bytes: number): string => {
  const power = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? bytes : (bytes / 2 ** (10 * power)).toFixed(power === 1 ? 0 : 1)} ${units[power]}`;
};

/** One line a step, one line a buffer, and the sum of bytes where sizes are given. */
export const showPlan = (plan: Plan, sizes?: Sizes): string => {
  const steps = plan.steps.map((s, i) => `${i}: b${s.write} = ${s.name} ${s.reads.map((r) => `b${r}`).join(" ")}`);
  const layout = sizes === undefined ? undefined : layOut(plan, sizes);
  const buffers = plan.buffers.map((b, i) => {
    const slot = layout?.slotOf[i];
    const place = slot === undefined ? "" : `  slot ${slot}`;
    const bytes = sizes === undefined ? "" : `  ${showBytes(bytesOf(b, sizes))}`;
    const until = b.until === Number.POSITIVE_INFINITY ? "end" : `${b.until}`;
    const life = b.kind === "weight" ? "" : `  steps ${b.from}-${until}`;
    return `b${i}  ${b.kind} ${b.name}  ${b.dtype} ${showShape(b.shape)}${bytes}${place}${life}`;
  });
  return [
    `steps (${steps.length})`,
    ...steps,
    "",
    `buffers (${buffers.length})`,
    ...buffers,
    ...total(plan, sizes),
  ].join("\n");
};

const total = (plan: Plan, sizes: Sizes | undefined): readonly string[] => {
  if (sizes === undefined) return [];
  const { weights, run, total } = planBytes(plan, sizes);
  return ["", `weights ${showBytes(weights)}, one run ${showBytes(run)}, together ${showBytes(total)}`];
};
