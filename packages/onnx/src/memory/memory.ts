// How many bytes a run takes, before anything is allocated: it is rehearsed with lengths in place of arrays. Between segments
// that is exact; within one ONNX Runtime frees a value behind its last reader and computes some in place, but in an order of its
// own and with scratch of its own, so this is an estimate. The process itself is counted apart.
import { type Expr, internal, product, type Shape, type Sizes, valueOf } from "@depass/graph";
import { fuse } from "../lower/fuse.ts";
import type { Program } from "../lower/program.ts";
import type { Base, Step } from "../plan/plan.ts";
import { FLOAT, newPool, type Room } from "../weights/pool.ts";
import { type Places, placed, type Span } from "./arena.ts";

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

/** The last step that reads each value; outputs of the graph are kept to the end. */
const lastReads = (steps: readonly Step[], kept: ReadonlySet<string>): ReadonlyMap<string, number> => {
  const last = new Map<string, number>();
  steps.forEach((step, i) => {
    for (const value of step.outputs.values()) last.set(value, i);
    for (const { kind, name } of step.sources.values()) if (kind === "value") last.set(name, i);
  });
  for (const name of kept) last.set(name, Number.POSITIVE_INFINITY);
  return last;
};

/** Weights that a step reads. */
export const weightsIn = ({ sources }: Pick<Step, "sources">): readonly string[] => [
  ...new Set([...sources.values()].flatMap(({ kind, name }) => (kind === "weight" ? [name] : []))),
];

/**
 * How weights come and go in a run that streams: each is read once and stays to its last reader, or it goes with its segment and
 * is read again, as a matrix may be that the first and the last segment read. Or only pieces of the largest matrix come and go
 * (pieces.ts), and all else stays.
 */
export type Streaming = "once" | "again" | "pieces";

/** The weights that come and go; the others stay. */
export const comingIn = (
  { weights, pieces }: Pick<Base, "weights" | "pieces">,
  streaming: Streaming | undefined,
): ReadonlySet<string> => {
  if (streaming === undefined) return new Set();
  return streaming === "pieces" ? pieces : new Set(weights);
};

/** For each step those of the weights that come and go which go behind it. */
export const departures = (
  steps: readonly Step[],
  streaming: Streaming,
  coming: ReadonlySet<string>,
): readonly (readonly string[])[] => {
  const last = new Map<string, number>();
  const stay = ({ segment }: Step, name: string): string => (streaming === "again" ? `${segment} ${name}` : name);
  steps.forEach((step, i) => {
    for (const name of weightsIn(step)) last.set(stay(step, name), i);
  });
  return steps.map((step, i) => weightsIn(step).filter((name) => coming.has(name) && last.get(stay(step, name)) === i));
};

/** What reading a weight takes: elements of its array and of one that it is derived of, bytes as they are stored. */
export type WeightCost = { readonly elements: number; readonly scratch: number; readonly stored: number };

export type Costs = ReadonlyMap<string, WeightCost>;

const costOfIn = (costs: Costs, name: string): WeightCost => costs.get(name) ?? internal(`${name} has a cost`);

/** Lengths of the arrays that the segment behind each segment's last step wants for what comes; undefined elsewhere. */
export const nextLengths = (
  steps: readonly Step[],
  costs: Costs,
  coming: ReadonlySet<string>,
): readonly (readonly number[] | undefined)[] => {
  const wanted = new Map<number, Set<string>>();
  for (const step of steps)
    wanted.set(
      step.segment,
      new Set([...(wanted.get(step.segment) ?? []), ...weightsIn(step).filter((n) => coming.has(n))]),
    );
  return steps.map(({ segment }, i) => {
    const next = steps[i + 1]?.segment;
    if (next === segment) return undefined;
    const own = [...(next === undefined ? [] : (wanted.get(next) ?? []))].map((name) => costOfIn(costs, name));
    const scratch = Math.max(0, ...own.map((c) => c.scratch));
    return [...own.map((c) => c.elements), ...(scratch > 0 ? [scratch] : [])];
  });
};

type Rehearsed = {
  /** Where values between segments lie. */
  readonly places: Places;
  /** The most bytes held at once, and of them at most those of weights that come and go. */
  readonly bytes: number;
  readonly weights: number;
};

type Comings = { readonly costs: Costs; readonly streaming: Streaming; readonly coming: ReadonlySet<string> };

/** Weights that come and go, with lengths in place of arrays. */
const rehearsedWeights = (steps: readonly Step[], { costs, streaming, coming }: Comings) => {
  const pool = newPool<Room>((length) => ({ length }));
  const there = new Map<string, Room>();
  const [leaving, next] = [departures(steps, streaming, coming), nextLengths(steps, costs, coming)];
  /** The most bytes while they are read. */
  const bring = (names: readonly string[]): number =>
    names.reduce((most, name) => {
      if (there.has(name) || !coming.has(name)) return most;
      const { elements, scratch, stored } = costOfIn(costs, name);
      const source = scratch === 0 ? undefined : pool.take(scratch);
      there.set(name, pool.take(elements));
      if (source !== undefined) pool.give(source);
      return Math.max(most, FLOAT * pool.elements() + stored);
    }, 0);
  const release = (step: number): void => {
    for (const name of leaving[step] ?? []) {
      const room = there.get(name);
      if (room !== undefined) pool.give(room);
      there.delete(name);
    }
    const wanted = next[step];
    if (wanted !== undefined) pool.keepOnly(wanted);
  };
  return { bring, release, bytes: () => FLOAT * pool.elements() };
};

/** How long each value lives that only steps read; those of `kept` are the caller's. */
const spansOf = (steps: readonly Step[], kept: ReadonlySet<string>, sizes: Sizes): readonly Span[] => {
  const last = lastReads(steps, kept);
  return steps.flatMap(({ program, outputs }, first) =>
    [...outputs].flatMap(([local, name]) =>
      kept.has(name)
        ? []
        : [
            {
              name,
              length: bytes(program.outputs[local]?.shape ?? [], sizes) / FLOAT,
              first,
              last: last.get(name) ?? first,
            },
          ],
    ),
  );
};

const keptBytes = (steps: readonly Step[], kept: ReadonlySet<string>, sizes: Sizes): number =>
  steps.reduce((sum, { program, outputs }) => {
    const own = [...outputs].filter(([, name]) => kept.has(name));
    return own.reduce((all, [local]) => all + bytes(program.outputs[local]?.shape ?? [], sizes), sum);
  }, 0);

/** What a step's session does hand over a second time, when all that is inside it is gone (session.ts). */
const copiedBytes = ({ program, outputs }: Step, sizes: Sizes): number =>
  [...outputs.keys()].reduce((sum, local) => sum + bytes(program.outputs[local]?.shape ?? [], sizes), 0);

/** The most bytes that a run takes: weights that are kept and inputs left out; with `comings`, weights that come and go. */
export const rehearse = (
  steps: readonly Step[],
  kept: ReadonlySet<string>,
  sizes: Sizes,
  comings?: Comings,
): Rehearsed => {
  const inside = new Map<Program, number>();
  const weights = comings && rehearsedWeights(steps, comings);
  const places = placed(spansOf(steps, kept, sizes));
  const values = FLOAT * places.elements + keptBytes(steps, kept, sizes);
  let [most, mostWeights] = [0, 0];
  steps.forEach((step, i) => {
    const reading = weights?.bring(weightsIn(step)) ?? 0;
    const own = inside.get(step.program) ?? Math.max(programBytes(step.program, sizes), copiedBytes(step, sizes));
    inside.set(step.program, own);
    mostWeights = Math.max(mostWeights, reading);
    most = Math.max(most, reading, own + (weights?.bytes() ?? 0));
    weights?.release(i);
  });
  return { places, bytes: values + most, weights: mostWeights };
};
