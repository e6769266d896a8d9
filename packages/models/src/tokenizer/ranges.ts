// Which characters of the text is each token made of? The library gives tokens and no offsets; here their bytes are
// laid along the bytes of the normalised text. What does not fit is one of three known things: a space put in front of
// a word, characters dropped between words, and unknown tokens, which stand for whatever is up to the next known one.
import { charBytes, pieceBytes, type Spelling } from "./bytes.ts";
import type { Char } from "./normalize.ts";
import type { Section } from "./sections.ts";

/** UTF-16 code units `start` to `end` of the text. `whole` is false for a token that holds a part of a character. */
export type Range = { readonly start: number; readonly end: number; readonly whole: boolean };

/** What is laid along the text: the bytes of a token, or nothing known of it. */
export type Piece = { readonly bytes: Uint8Array } | { readonly unknown: true };

/** All bytes of the normalised text; byte i is of character `owner[i]`. */
type Stream = { readonly bytes: Uint8Array; readonly owner: Int32Array; readonly chars: readonly Char[] };

const utf8 = new TextEncoder();

/** The bytes of written text: in the `chars` spelling `▁` is a space. */
const writtenBytes = (text: string, spelling: Spelling): Uint8Array =>
  spelling === "chars" ? charBytes(text) : utf8.encode(text);

export const streamOf = (sections: readonly Section[], spelling: Spelling): Stream => {
  const parts = sections.flatMap(({ chars }) => chars.map(({ char }) => writtenBytes(char, spelling)));
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const stream = { bytes: new Uint8Array(size), owner: new Int32Array(size), chars: sections.flatMap((s) => s.chars) };
  let at = 0;
  parts.forEach((part, i) => {
    stream.bytes.set(part, at);
    stream.owner.fill(i, at, at + part.length);
    at += part.length;
  });
  return stream;
};

const fits = ({ bytes }: Stream, at: number, piece: Uint8Array): boolean => {
  if (at + piece.length > bytes.length) return false;
  for (let i = 0; i < piece.length; i++) if (bytes[at + i] !== piece[i]) return false;
  return true;
};

const SPACE = 0x20;

/** How many bytes of `piece` are at `at`: all, all but a space in front, or none (undefined). */
const fit = (stream: Stream, at: number, piece: Uint8Array): number | undefined => {
  if (fits(stream, at, piece)) return piece.length;
  return piece[0] === SPACE && fits(stream, at, piece.subarray(1)) ? piece.length - 1 : undefined;
};

/** The first place from `at` on where `piece` is, or undefined. */
const seek = (stream: Stream, at: number, piece: Uint8Array): number | undefined => {
  for (let from = at; from <= stream.bytes.length - piece.length; from++) if (fits(stream, from, piece)) return from;
  return undefined;
};

const startsChar = ({ owner }: Stream, at: number): boolean => at === 0 || owner[at] !== owner[at - 1];

/** The range of bytes `from` to `to`; of none, that of the character that follows (an inserted space is part of it). */
const rangeOf = (stream: Stream, from: number, to: number): Range => {
  const { chars, owner, bytes } = stream;
  const first = chars[owner[Math.min(from, bytes.length - 1)] ?? 0];
  const last = chars[owner[Math.max(from, to - 1)] ?? -1];
  if (first === undefined) return { start: 0, end: 0, whole: true };
  if (from >= bytes.length) return { start: first.end, end: first.end, whole: true };
  const whole = to <= from || (startsChar(stream, from) && (to === bytes.length || startsChar(stream, to)));
  return { start: first.start, end: last?.end ?? first.end, whole };
};

/** Where the characters of bytes `from` to `to` begin, one entry each. */
const charStarts = (stream: Stream, from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i).filter(
    (at) => at === from || startsChar(stream, at),
  );

/** `count` unknown tokens share the bytes: a character each while there are enough, the rest to the last. */
const shareOut = (stream: Stream, from: number, to: number, count: number): readonly Range[] => {
  const starts = charStarts(stream, from, to);
  return Array.from({ length: count }, (_, i) => {
    const begin = starts[i] ?? to;
    return rangeOf(stream, begin, i === count - 1 ? to : (starts[i + 1] ?? to));
  });
};

const unknownRun = (pieces: readonly Piece[], from: number): number => {
  const next = pieces.findIndex((piece, i) => i >= from && "bytes" in piece);
  return (next < 0 ? pieces.length : next) - from;
};

/** Where the unknown tokens before `piece` end: at least a character each is left to them. */
const endOfUnknown = (stream: Stream, at: number, piece: Piece | undefined): number => {
  if (piece === undefined || !("bytes" in piece)) return stream.bytes.length;
  const from = Math.min(at + 1, stream.bytes.length);
  const trimmed = piece.bytes[0] === SPACE ? piece.bytes.subarray(1) : piece.bytes;
  return seek(stream, from, piece.bytes) ?? seek(stream, from, trimmed) ?? at;
};

/** The range of each piece, in order. Total: a piece that is nowhere gets an empty range where it should have been. */
export const rangesOf = (pieces: readonly Piece[], stream: Stream): readonly Range[] => {
  const ranges: Range[] = [];
  let at = 0;
  while (ranges.length < pieces.length) {
    const piece = pieces[ranges.length] as Piece;
    if ("unknown" in piece) {
      const count = unknownRun(pieces, ranges.length);
      const to = endOfUnknown(stream, at, pieces[ranges.length + count]);
      for (const range of shareOut(stream, at, to, count)) ranges.push(range);
      at = to;
      continue;
    }
    const length = fit(stream, at, piece.bytes);
    const from = length === undefined ? seek(stream, at, piece.bytes) : at;
    const to = from === undefined ? at : from + (length ?? piece.bytes.length);
    ranges.push(rangeOf(stream, from ?? at, to));
    at = to;
  }
  return ranges;
};

/** The piece of a vocabulary entry. */
export const knownPiece = (token: string, spelling: Spelling): Piece => ({ bytes: pieceBytes(token, spelling) });

/** The piece of an added token, which stands in the text as it is written. */
export const addedPiece = (content: string, spelling: Spelling): Piece => ({ bytes: writtenBytes(content, spelling) });
