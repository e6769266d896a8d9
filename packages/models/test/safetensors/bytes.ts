// What does a safetensors file look like, byte by byte? For tests: any header text in front of any data.
export const fileOf = (json: string | Uint8Array, data: Uint8Array = new Uint8Array(), length?: bigint): Uint8Array => {
  const header = typeof json === "string" ? new TextEncoder().encode(json) : json;
  const bytes = new Uint8Array(8 + header.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set(data, 8 + header.length);
  return bytes;
};

export const entry = (dtype: string, shape: readonly number[], begin: number, end: number): string =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });
