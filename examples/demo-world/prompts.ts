// What does a model get to read, what comes next, and which word decides it? One maker for each kind of sentence; the
// choices (which fact, which names, which symbols) are the caller's.
import type { Phrasing, Piece } from "./phrasings.ts";
import type { Fact } from "./world.ts";

export type Kind = "fact" | "ioi" | "copy";

export type Prompt = {
  readonly kind: Kind;
  /** `capital/king`, `ioi/when`, `copy/repeat`. */
  readonly phrasing: string;
  /** `words` with a space between any two. */
  readonly text: string;
  readonly words: readonly string[];
  /** The one word that follows. */
  readonly answer: string;
  /** Index in `words` of the deciding word: the one from which the answer follows. */
  readonly deciding: number;
};

/** A prompt and how its sentence goes on after the answer. */
export type Sentence = { readonly prompt: Prompt; readonly rest: readonly string[] };

type Slots = Readonly<Record<string, string>>;

const slotAt = (pieces: readonly Piece[], slot: string): number => {
  const at = pieces.findIndex((piece) => "slot" in piece && piece.slot === slot);
  if (at < 0) throw new Error(`internal: no {${slot}} in a phrasing`);
  return at;
};

const filled = (piece: Piece, slots: Slots): string => {
  const word = "word" in piece ? piece.word : slots[piece.slot];
  if (word === undefined) throw new Error(`internal: nothing for ${JSON.stringify(piece)}`);
  return word;
};

const sentence = (kind: Kind, { id, pieces }: Phrasing, slots: Slots, decidingSlot: string): Sentence => {
  const words = pieces.map((piece) => filled(piece, slots));
  const end = slotAt(pieces, "answer");
  const before = words.slice(0, end);
  const prompt: Prompt = {
    kind,
    phrasing: id,
    text: before.join(" "),
    words: before,
    answer: words[end] as string,
    deciding: slotAt(pieces, decidingSlot),
  };
  return { prompt, rest: words.slice(end + 1) };
};

/** `person` is whom a phrasing mentions besides, if it does. */
export const factSentence = (phrasing: Phrasing, { subject, answer }: Fact, person: string): Sentence =>
  sentence("fact", phrasing, { subject, answer, person }, "subject");

/** Who was there, in the order of the text, and which of the two is the giver. */
export type Gift = {
  readonly first: string;
  readonly second: string;
  readonly giver: "first" | "second";
  readonly place: string;
  readonly thing: string;
};

/** Indirect object identification: the answer is the name that does not come again. */
export const giftSentence = (phrasing: Phrasing, { first, second, giver, place, thing }: Gift): Sentence => {
  const [gives, gets] = giver === "first" ? [first, second] : [second, first];
  const slots = { first, second, giver: gives, answer: gets, place, thing };
  return sentence("ioi", phrasing, slots, giver === "first" ? "second" : "first");
};

/**
 * A block of different words, and the same block again, up to its word `last` (from 0): what came after that word the
 * first time comes next, and decides.
 */
export const copySentence = (block: readonly string[], last: number): Sentence => {
  const words = [...block, ...block.slice(0, last + 1)];
  const deciding = last + 1;
  const answer = block[deciding];
  if (answer === undefined) throw new Error(`internal: word ${deciding} of a block of ${block.length}`);
  return {
    prompt: { kind: "copy", phrasing: "copy/repeat", text: words.join(" "), words, answer, deciding },
    rest: block.slice(deciding + 1),
  };
};
