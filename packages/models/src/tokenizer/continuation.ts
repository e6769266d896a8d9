// What text do ids make behind a text that is there? A model goes on in ids; their bytes are joined and read as UTF-8, and
// each keeps its place. Nothing is encoded again.
import { pieceBytes, readable, sequenceLength } from "./bytes.ts";
import { type Encoding, type Loaded, readName, type Token } from "./encoding.ts";

const utf8 = new TextEncoder();
const nothing = new Uint8Array(0);

/** Words have spaces between them, signs none before them. */
const spaced = (word: string): string => (/^[\p{L}\p{N}]/u.test(word) ? ` ${word}` : word);

/** The bytes that an id adds to a text; none for a special token, or where the vocabulary has a hole. */
export const bytesOf = ({ library, added, special, settings }: Loaded, id: number): Uint8Array => {
  const name = library.model.vocab[id];
  if (name === undefined || special.has(id)) return nothing;
  const own = added.get(name);
  if (own !== undefined) return utf8.encode(own.content);
  return settings.spelling === "words" ? utf8.encode(spaced(name)) : pieceBytes(name, settings.spelling);
};

/** A character: its bytes begin at `from`, in UTF-16 it is `start` to `end`. */
type Character = { readonly from: number; readonly text: string };

const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** The characters of bytes; what is none is U+FFFD. */
const charactersOf = (bytes: Uint8Array): readonly Character[] => {
  const found: Character[] = [];
  for (let at = 0; at < bytes.length; ) {
    const most = Math.min(sequenceLength(bytes[at] as number), bytes.length - at);
    const text = lenient.decode(bytes.subarray(at, at + most));
    const isWhole = !text.includes("\ufffd") || most === 1;
    found.push({ from: at, text: isWhole ? text : "\ufffd" });
    at += isWhole ? most : 1;
  }
  return found;
};

const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(pieces.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
};

export const continued = (loaded: Loaded, encoding: Encoding, ids: readonly number[]): Encoding => {
  const pieces = ids.map((id) => bytesOf(loaded, id));
  const bytes = joined(pieces);
  const characters = charactersOf(bytes);
  // For every byte, and behind the last: where its character begins and ends in the text, and whether it is the first of it.
  const [starts, ends, first] = [
    new Int32Array(bytes.length),
    new Int32Array(bytes.length),
    new Uint8Array(bytes.length + 1),
  ];
  first[bytes.length] = 1;
  let unit = encoding.text.length;
  characters.forEach(({ from, text }, i) => {
    const to = characters[i + 1]?.from ?? bytes.length;
    starts.fill(unit, from, to);
    unit += text.length;
    ends.fill(unit, from, to);
    first[from] = 1;
  });
  const text = encoding.text + characters.map((c) => c.text).join("");
  let [at, end] = [0, encoding.text.length];
  const tokens = ids.map((id, i): Token => {
    const own = pieces[i] as Uint8Array;
    const [from, to] = [at, at + own.length];
    at = to;
    const start = own.length === 0 ? end : (starts[from] as number);
    end = own.length === 0 ? end : (ends[to - 1] as number);
    const name = loaded.library.model.vocab[id];
    return {
      id,
      text: own.length > 0 || name === undefined ? readable(own) : readName(loaded, name),
      start,
      end,
      whole: first[from] === 1 && first[to] === 1,
      special: loaded.special.has(id),
      origin: "text",
    };
  });
  return { text, ids: [...encoding.ids, ...ids], tokens: [...encoding.tokens, ...tokens] };
};
