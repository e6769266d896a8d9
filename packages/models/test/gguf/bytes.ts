// How is a small GGUF file made? By hand, from the format's description, so that reading is tested against it.

/** Numbers are u32, but under keys that end in `scores` (f32) and such; lists have one kind of items. */
export type Keys = Readonly<Record<string, string | number | boolean | readonly string[] | readonly number[]>>;

export type Stored = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  readonly data: Uint8Array;
};

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

const f32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
};

export const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

const [U32, F32, BOOL, STRING, ARRAY] = [4, 6, 7, 8, 9];

const isFloat = (key: string): boolean => /scores$|epsilon$|freq_base(_swa)?$|factor$|softcapping$|scale$/.test(key);

const numbered = (key: string, value: number): Buffer => (isFloat(key) ? f32(value) : u32(value));

const listed = (key: string, items: readonly (string | number)[]): Buffer => {
  const type = typeof items[0] === "string" ? STRING : isFloat(key) ? F32 : U32;
  const bytes = items.map((item) => (typeof item === "string" ? text(item) : numbered(key, item)));
  return Buffer.concat([u32(ARRAY), u32(type), u64(items.length), ...bytes]);
};

const valued = (key: string, value: Keys[string]): Buffer => {
  if (typeof value === "string") return Buffer.concat([u32(STRING), text(value)]);
  if (typeof value === "boolean") return Buffer.concat([u32(BOOL), Buffer.from([value ? 1 : 0])]);
  return typeof value === "number"
    ? Buffer.concat([u32(isFloat(key) ? F32 : U32), numbered(key, value)])
    : listed(key, value);
};

const ALIGNMENT = 32; // bytes, of every tensor's data

const padded = (bytes: Uint8Array): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT)]);

/** A whole file, little-endian, version 3. Shapes outermost first. */
export const ggufBytes = (keys: Keys, tensors: readonly Stored[] = []): Buffer => {
  let offset = 0;
  const infos = tensors.map(({ name, shape, type, data }) => {
    const dims = [...shape].reverse().map(u64);
    const info = Buffer.concat([text(name), u32(shape.length), ...dims, u32(type), u64(offset)]);
    offset += padded(data).length;
    return info;
  });
  const entries = Object.entries(keys).map(([key, value]) => Buffer.concat([text(key), valued(key, value)]));
  const counts = [Buffer.from("GGUF"), u32(3), u64(tensors.length), u64(entries.length)];
  return Buffer.concat([
    padded(Buffer.concat([...counts, ...entries, ...infos])),
    ...tensors.map((t) => padded(t.data)),
  ]);
};

/** An F32 tensor. */
export const floats = (name: string, shape: readonly number[], data: Float32Array): Stored => ({
  name,
  shape,
  type: 0,
  data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
});
