// Which bytes of text does a vocabulary entry stand for, and how does a person read it? Spellings in use are GPT-2's byte
// alphabet (every byte has a printable letter), `▁` for a space, `<0xE6>` for a single byte, and words as they are.
// Source: github.com/openai/gpt-2 (encoder.py, bytes_to_unicode); SentencePiece byte fallback.

/** How a tokenizer spells its pieces: `bytes` is GPT-2's alphabet, `chars` is text with `▁` for spaces, `words` is text. */
export type Spelling = "bytes" | "chars" | "words";

const isPrintable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);

/** Printable bytes are their own letters; the others take the letters from U+0100 on, in order. */
const alphabet = (): ReadonlyMap<string, number> => {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const hidden = bytes.filter((byte) => !isPrintable(byte));
  return new Map(
    bytes.map((byte) => [String.fromCharCode(isPrintable(byte) ? byte : 256 + hidden.indexOf(byte)), byte] as const),
  );
};

const BYTE_OF = alphabet();
const SPACE_SIGN = "▁";
const utf8 = new TextEncoder();

const BYTE_PIECE = /^<0x([0-9A-Fa-f]{2})>$/;

/** The byte of a fallback piece such as `<0xE6>`. */
const fallbackByte = (piece: string): number | undefined => {
  const hex = BYTE_PIECE.exec(piece)?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
};

/** `▁` is a space wherever it comes from: normalisers and pre-tokenizers replace one by the other. */
export const charBytes = (text: string): Uint8Array => utf8.encode(text.replaceAll(SPACE_SIGN, " "));

/** UTF-8 bytes of the text a piece stands for. */
export const pieceBytes = (piece: string, spelling: Spelling): Uint8Array => {
  if (spelling === "bytes") {
    const bytes = Array.from(piece, (letter) => BYTE_OF.get(letter));
    // A letter outside the alphabet: an entry that is plain text, as added tokens are.
    return bytes.every((byte) => byte !== undefined) ? Uint8Array.from(bytes as number[]) : utf8.encode(piece);
  }
  if (spelling === "words") return utf8.encode(piece);
  const byte = fallbackByte(piece);
  return byte === undefined ? charBytes(piece) : Uint8Array.of(byte);
};

/** How many bytes the character has that begins with this one; 1 where none does. */
export const sequenceLength = (lead: number): number => {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 1;
};

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const decoded = (bytes: Uint8Array): string | undefined => {
  try {
    return strict.decode(bytes); // the platform's only test for valid UTF-8 is an exception
  } catch {
    return undefined;
  }
};

const hex = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;

/** Bytes as a person reads them; those that are no whole character are written `<0xE6>`. */
export const readable = (bytes: Uint8Array): string => {
  const whole = decoded(bytes);
  if (whole !== undefined) return whole;
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] as number;
    const length = sequenceLength(lead);
    const char = at + length <= bytes.length ? decoded(bytes.subarray(at, at + length)) : undefined;
    text += char ?? hex(lead);
    at += char === undefined ? 1 : length;
  }
  return text;
};
