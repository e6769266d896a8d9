// What is an ONNX file made of, and how do its messages become bytes? The few messages and fields we write, as a table with
// their numbers in onnx.proto (ONNX 1.16, IR 9), encoded by the wire writer of @bufbuild/protobuf. Fields left out are
// absent: proto's defaults.
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** A dimension: a number, or the text of a symbolic size. */
export type DimProto = { readonly value?: number; readonly param?: string };
export type TypeProto = {
  readonly tensor: { readonly elementType: number; readonly shape: { readonly dims: readonly DimProto[] } };
};
export type ValueInfo = { readonly name: string; readonly type: TypeProto };
export type Text = { readonly key: string; readonly value: string };
export type TensorProto = {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly name?: string;
  readonly rawData?: Uint8Array;
  /** `location`, `offset`, `length` of values in another file; then `dataLocation` is 1. */
  readonly externalData?: readonly Text[];
  readonly dataLocation?: number;
};
export type Attribute = {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: string;
  readonly ints?: readonly number[];
};
export type NodeProto = {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string;
  readonly opType: string;
  readonly attributes?: readonly Attribute[];
};
export type GraphProto = {
  readonly nodes: readonly NodeProto[];
  readonly name: string;
  readonly initializers: readonly TensorProto[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
};
export type ModelProto = {
  readonly irVersion: number;
  readonly producerName: string;
  readonly producerVersion?: string;
  readonly docString?: string;
  readonly graph: GraphProto;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly metadata?: readonly Text[];
};

/** TensorProto.DataType. */
export const elementTypes = { f32: 1, i32: 6, i64: 7, bool: 9, f16: 10, f64: 11, bf16: 16 } as const;

/** AttributeProto.AttributeType. */
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const;

export const int = (name: string, i: number): Attribute => ({ name, type: attributeTypes.int, i });
export const ints = (name: string, values: readonly number[]): Attribute => ({
  name,
  type: attributeTypes.ints,
  ints: values,
});
export const text = (name: string, s: string): Attribute => ({ name, type: attributeTypes.string, s });
export const float = (name: string, f: number): Attribute => ({ name, type: attributeTypes.float, f });

type Scalar = "int" | "float" | "string" | "bytes";
/** Field number, what stands there, and whether several may. */
type Field = readonly [number: number, kind: Scalar | Message, many?: "many"];
type Message = Readonly<Record<string, Field>>;

const dimension: Message = { value: [1, "int"], param: [2, "string"] };
const shape: Message = { dims: [1, dimension, "many"] };
const tensorType: Message = { elementType: [1, "int"], shape: [2, shape] };
const valueInfo: Message = { name: [1, "string"], type: [2, { tensor: [1, tensorType] }] };
const entry: Message = { key: [1, "string"], value: [2, "string"] };
const attribute: Message = {
  name: [1, "string"],
  f: [2, "float"],
  i: [3, "int"],
  s: [4, "string"],
  ints: [8, "int", "many"],
  type: [20, "int"],
};
const nodeProto: Message = {
  inputs: [1, "string", "many"],
  outputs: [2, "string", "many"],
  name: [3, "string"],
  opType: [4, "string"],
  attributes: [5, attribute, "many"],
};
const tensorProto: Message = {
  dims: [1, "int", "many"],
  dataType: [2, "int"],
  name: [8, "string"],
  rawData: [9, "bytes"],
  externalData: [13, entry, "many"],
  dataLocation: [14, "int"],
};
const graphProto: Message = {
  nodes: [1, nodeProto, "many"],
  name: [2, "string"],
  initializers: [5, tensorProto, "many"],
  inputs: [11, valueInfo, "many"],
  outputs: [12, valueInfo, "many"],
};
const modelProto: Message = {
  irVersion: [1, "int"],
  producerName: [2, "string"],
  producerVersion: [3, "string"],
  docString: [6, "string"],
  graph: [7, graphProto],
  opsets: [8, { domain: [1, "string"], version: [2, "int"] }, "many"],
  metadata: [14, entry, "many"],
};

const writeOne = (writer: BinaryWriter, number: number, kind: Scalar | Message, value: unknown): void => {
  if (kind === "int") writer.tag(number, WireType.Varint).int64(value as number);
  else if (kind === "float") writer.tag(number, WireType.Bit32).float(value as number);
  else if (kind === "string") writer.tag(number, WireType.LengthDelimited).string(value as string);
  else if (kind === "bytes") writer.tag(number, WireType.LengthDelimited).bytes(value as Uint8Array);
  else {
    writer.tag(number, WireType.LengthDelimited).fork();
    writeMessage(writer, kind, value as Readonly<Record<string, unknown>>);
    writer.join();
  }
};

const writeMessage = (writer: BinaryWriter, message: Message, value: Readonly<Record<string, unknown>>): void => {
  for (const [name, [number, kind, many]] of Object.entries(message)) {
    const found = value[name];
    if (found === undefined) continue;
    for (const one of many === undefined ? [found] : (found as readonly unknown[])) writeOne(writer, number, kind, one);
  }
};

/** The bytes of an .onnx file. */
export const encodeModel = (model: ModelProto): Uint8Array<ArrayBuffer> => {
  const writer = new BinaryWriter();
  writeMessage(writer, modelProto, model);
  return writer.finish();
};
