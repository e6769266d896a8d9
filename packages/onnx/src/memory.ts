// How many bytes a run takes, before anything is allocated: the values that live between segments, and within the largest
// segment what its nodes hold at once. ONNX Runtime frees a value behind its last reader and computes some in place, but in an
// order of its own and with scratch of its own, so this is an estimate; the process itself and weights are counted apart.
import { type Expr, product, type Shape, type Sizes, valueOf } from "@depass/graph";
import { fuse } from "./fuse.ts";
import type { Step } from "./plan.ts";
import type { Program } from "./program.ts";

const FLOAT = 4;

const bytes = (shape: Shape, sizes: Sizes): number => FLOAT * valueOf(product(shape), sizes);

/** Ops whose result is the operand's memory. */
const aliases: ReadonlySet<Expr["op"]> = new Set<Expr["op"]>([
  "reshape",
  "freeze",
  "roundF32",
  "input",
  "weight",
  "constant",
]);

/** The most bytes that a segment's own nodes hold at once; its outputs count as values between segments. */
const programBytes = ({ graph, shapes }: Program, sizes: Sizes): number => {
  const nodes = fuse(graph, shapes);
  const behind = new Map<Expr, Expr>();
  const last = new Map<Expr, number>();
  nodes.forEach(([n, form], i) => {
    const reads = form?.reads ?? n.inputs;
    behind.set(n, aliases.has(n.op) && reads[0] !== undefined ? (behind.get(reads[0]) ?? n) : n);
    for (const x of reads) last.set(behind.get(x) ?? x, i);
  });
  for (const x of Object.values(graph)) last.delete(behind.get(x) ?? x);
  const freed = new Map<number, number>();
  let [held, most] = [0, 0];
  nodes.forEach(([n], i) => {
    const until = behind.get(n) === n && !aliases.has(n.op) ? last.get(n) : undefined;
    if (until !== undefined) {
      const size = bytes(shapes.get(n) as Shape, sizes);
      held += size;
      freed.set(until, (freed.get(until) ?? 0) + size);
    }
    most = Math.max(most, held);
    held -= freed.get(i) ?? 0;
  });
  return most;
};

/** Bytes of each value that is kept between segments. */
const valueBytes = (step: Step, sizes: Sizes): ReadonlyMap<string, number> =>
  new Map(
    [...step.outputs].map(([local, value]) => [value, bytes(step.program.outputs[local]?.shape ?? [], sizes)] as const),
  );

/** The last step that reads each value; outputs of the graph are kept to the end. */
export const lastReads = (steps: readonly Step[], kept: ReadonlySet<string>): ReadonlyMap<string, number> => {
  const last = new Map<string, number>();
  steps.forEach((step, i) => {
    for (const value of step.outputs.values()) last.set(value, i);
    for (const { kind, name } of step.sources.values()) if (kind === "value") last.set(name, i);
  });
  for (const name of kept) last.set(name, Number.POSITIVE_INFINITY);
  return last;
};

/** The most bytes a run holds at once, weights and inputs left out. */
export const runBytes = (steps: readonly Step[], kept: ReadonlySet<string>, sizes: Sizes): number => {
  const last = lastReads(steps, kept);
  const inside = new Map<Program, number>();
  const held = new Map<string, number>();
  let most = 0;
  steps.forEach((step, i) => {
    for (const [value, size] of valueBytes(step, sizes)) held.set(value, size);
    const own = inside.get(step.program) ?? programBytes(step.program, sizes);
    inside.set(step.program, own);
    most = Math.max(most, own + [...held.values()].reduce((a, b) => a + b, 0));
    for (const value of [...held.keys()]) if ((last.get(value) ?? 0) <= i) held.delete(value);
  });
  return most;
};
