// What is one kernel? Its WGSL, under a comment that says what it is bound to and how it is started.
import { showDim } from "@depass/graph";
import type { Plan, PlanStep } from "@depass/kernels";

/** The step's kernel as a WGSL text that stands on its own. */
export const showKernel = ({ steps, buffers }: Plan, number: number): string => {
  const { name, kernel, reads, write } = steps[number] as PlanStep;
  const bound = [...reads, write].map((b, i) => `// binding ${i}: ${kernel.bindings[i]} b${b} ${buffers[b]?.name}`);
  const sizes = kernel.uniforms.map((u) => `${u.name} = ${showDim(u.value)}`);
  const groups = kernel.workgroups.map(({ size, per }) =>
    per === 1 ? showDim(size) : `ceil((${showDim(size)}) / ${per})`,
  );
  return [
    `// step ${number}: ${name}, kernel ${kernel.name}`,
    ...bound,
    ...(sizes.length > 0 ? [`// sizes: ${sizes.join(", ")}`] : []),
    `// workgroups: ${groups.join(" x ")}`,
    kernel.wgsl,
  ].join("\n");
};
