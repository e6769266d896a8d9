// Sample nodes for every op: what every table and every backend is tested on. A Table too: an op without samples does not
// compile. Operands are inputs `in0`, `in1`, … of concrete values; T is 5 unless a sample says otherwise.
import type { Sizes } from "../dim.ts";
import { type Expr, type Graph, node } from "../expr.ts";
import type { OpName, Ops } from "../op.ts";
import { leavesOf, type Tensors } from "../sizes.ts";
import { input } from "../syntax.ts";
import { decompositionSamples } from "./samples/decompositions.ts";
import { layerSamples } from "./samples/layers.ts";
import type { Sample, Samples } from "./samples/operands.ts";
import { primitiveSamples } from "./samples/primitives.ts";
import { filled, noise } from "./values.ts";

const samples: Samples<OpName> = { ...primitiveSamples, ...layerSamples, ...decompositionSamples };

/** One sample ready to run: a graph of one node with the output `output`, its tensors and sizes. */
export type Case = {
  readonly name: string;
  readonly op: OpName;
  readonly node: Expr;
  readonly graph: Graph;
  readonly tensors: Tensors;
  readonly sizes: Sizes;
};

const caseOf = (op: OpName, { params, operands, sizes }: Sample<Ops[OpName]>, number: number): Case => {
  const inputs = operands.map(({ shape, dtype }, i) => input(`in${i}`, shape, dtype));
  const output = node(op, params, ...inputs);
  const tensors = leavesOf({ output }).map(({ params: leaf }) => {
    const number = Number(leaf.name.slice(2));
    const own = operands[number];
    const dtype = "dtype" in leaf ? leaf.dtype : "f32";
    const value = (i: number): number => (own ? own.value(i, number, sizes) : dtype === "i32" ? i : noise(i));
    return [leaf.name, filled(leaf.shape, sizes, value, dtype)] as const;
  });
  return { name: `${op} ${number}`, op, node: output, graph: { output }, tensors: Object.fromEntries(tensors), sizes };
};

/** Every sample of every op. */
export const cases: readonly Case[] = (Object.keys(samples) as OpName[]).flatMap((op) =>
  (samples[op] as readonly Sample<Ops[OpName]>[]).map((s, i) => caseOf(op, s, i)),
);
