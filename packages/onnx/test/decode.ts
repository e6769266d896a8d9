// An .onnx file read back by the numbers of onnx.proto, with the wire reader alone: what other programs see.
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** Every field of a message by its number: whole numbers, or bytes. */
type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

const fieldsOf = (bytes: Uint8Array): Fields => {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, (number | Uint8Array)[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const value =
      type === WireType.Varint ? Number(reader.int64()) : type === WireType.Bit32 ? reader.float() : reader.bytes();
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
};

const all = (fields: Fields, number: number): readonly Uint8Array[] =>
  (fields.get(number) ?? []) as readonly Uint8Array[];
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const texts = (fields: Fields, number: number): readonly string[] => all(fields, number).map(text);
const messages = (fields: Fields, number: number): readonly Fields[] => all(fields, number).map(fieldsOf);
const number = (fields: Fields, n: number): number => (fields.get(n)?.[0] ?? 0) as number;

const entries = (fields: Fields, n: number): Readonly<Record<string, string>> =>
  Object.fromEntries(messages(fields, n).map((e) => [text(all(e, 1)[0]), text(all(e, 2)[0])]));

/** `tokens i32 [T]`, with the number of the element type. */
const portOf = (info: Fields): string => {
  const [tensor] = messages(messages(info, 2)[0] as Fields, 1) as readonly [Fields];
  const dims = messages(messages(tensor, 2)[0] as Fields, 1).map((d) => texts(d, 2)[0] ?? number(d, 1));
  return `${texts(info, 1)[0]} ${number(tensor, 1)} [${dims.join(", ")}]`;
};

export type DecodedModel = {
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly {
    readonly opType: string;
    readonly name: string;
    readonly domain: string;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
  }[];
  readonly initializers: readonly {
    readonly name: string;
    readonly dataType: number;
    readonly external: Readonly<Record<string, string>>;
  }[];
};

export const decodeModel = (bytes: Uint8Array): DecodedModel => {
  const model = fieldsOf(bytes);
  const [graph] = messages(model, 7) as readonly [Fields];
  return {
    irVersion: number(model, 1),
    opsets: Object.fromEntries(messages(model, 8).map((o) => [texts(o, 1)[0] ?? "", number(o, 2)])),
    metadata: entries(model, 14),
    inputs: messages(graph, 11).map(portOf),
    outputs: messages(graph, 12).map(portOf),
    nodes: messages(graph, 1).map((n) => ({
      opType: texts(n, 4)[0] ?? "",
      name: texts(n, 3)[0] ?? "",
      domain: texts(n, 7)[0] ?? "",
      inputs: texts(n, 1),
      outputs: texts(n, 2),
    })),
    initializers: messages(graph, 5).map((t) => ({
      name: texts(t, 8)[0] ?? "",
      dataType: number(t, 2),
      external: entries(t, 13),
    })),
  };
};
