// ONNX nodes as they are collected: names, constants as initialisers, and sizes. How a symbolic size becomes an int64 tensor
// is left open: a session is fed with it (program.ts), a file computes it from the shape of an input (export/sizes.ts).
import type { Dim } from "@depass/graph";
import type { Attribute, NodeProto, TensorProto } from "./proto.ts";
import { elementTypes } from "./proto.ts";

export type ElementType = "f32" | "i32" | "i64" | "bool";

/** A tensor of the ONNX graph by its name. */
export type Value = { readonly name: string; readonly type: ElementType };

/** Where sizes come from: an int64 tensor `[n]` with these values. */
export type SizeSource = (dims: readonly Dim[], builder: Builder) => string;

export type Builder = {
  readonly nodes: NodeProto[];
  readonly initializers: TensorProto[];
  /** A new node with one output; gives the output's name. */
  readonly emit: (
    opType: string,
    inputs: readonly string[],
    attributes?: readonly Attribute[],
    name?: string,
  ) => string;
  /** A new node with several outputs; gives their names. */
  readonly emitAll: (
    opType: string,
    inputs: readonly string[],
    attributes: readonly Attribute[],
    outputs: number,
  ) => readonly string[];
  readonly floats: (values: readonly number[], shape: readonly number[]) => string;
  readonly int64s: (values: readonly number[], shape?: readonly number[]) => string;
  readonly sizes: (dims: readonly Dim[]) => string;
};

const bytesOf = (data: Float32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** A name that nothing has yet, for what a node computes or for a constant. */
export type Fresh = (kind: "value" | "constant") => string;

/** `v0`, `v1`, …, which no input or weight may be called. */
const numbered = (): Fresh => {
  let count = 0;
  return () => `v${count++}`;
};

export const newBuilder = (source: SizeSource, fresh: Fresh = numbered()): Builder => {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const known = new Map<string, string>();
  const remembered = (key: string, make: () => string): string => {
    const found = known.get(key) ?? make();
    known.set(key, found);
    return found;
  };
  const constant = (dataType: number, dims: readonly number[], data: Float32Array | BigInt64Array): string => {
    const name = fresh("constant");
    initializers.push({ dims, dataType, name, rawData: bytesOf(data) });
    return name;
  };
  const builder: Builder = {
    nodes,
    initializers,
    emit: (opType, inputs, attributes = [], name = fresh("value")) => {
      nodes.push({ inputs, outputs: [name], name: `${opType} ${name}`, opType, attributes });
      return name;
    },
    emitAll: (opType, inputs, attributes, count) => {
      const outputs = Array.from({ length: count }, () => fresh("value"));
      nodes.push({ inputs, outputs, name: `${opType} ${outputs[0]}`, opType, attributes });
      return outputs;
    },
    floats: (values, shape) => {
      const make = () => constant(elementTypes.f32, shape, Float32Array.from(values));
      return values.length > 64 ? make() : remembered(`f32 ${shape} ${values.map(exactText)}`, make);
    },
    int64s: (values, shape = [values.length]) =>
      remembered(`i64 ${shape} ${values}`, () => constant(elementTypes.i64, shape, BigInt64Array.from(values, BigInt))),
    sizes: (dims) => {
      const numbers = dims.flatMap((d) => (typeof d === "number" ? [d] : []));
      if (numbers.length === dims.length) return builder.int64s(numbers);
      const key = `sizes ${dims.map((d) => (typeof d === "number" ? d : d.text)).join(", ")}`;
      return remembered(key, () => source(dims, builder));
    },
  };
  return builder;
};

/** Texts of numbers tell -0 from 0. */
const exactText = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));
