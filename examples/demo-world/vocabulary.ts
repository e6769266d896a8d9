// Which words are there, and which id has each? The beginning first, then the words of the phrasings, then the names.
import { allPhrasings } from "./phrasings.ts";
import { entitiesOf, type World } from "./world.ts";

/** What stands before every document and every prompt. */
export const BEGINNING = "<s>";

/** Words by id, and ids by word. */
export type Vocabulary = { readonly words: readonly string[]; readonly ids: ReadonlyMap<string, number> };

/** The words that phrasings have besides their slots, each once. */
export const phrasingWords = (): readonly string[] => [
  ...new Set(allPhrasings.flatMap(({ pieces }) => pieces.flatMap((piece) => ("word" in piece ? [piece.word] : [])))),
];

export const vocabularyOf = (world: World): Vocabulary => {
  const words = [BEGINNING, ...phrasingWords(), ...entitiesOf(world)];
  return { words, ids: new Map(words.map((word, id) => [word, id])) };
};

/** The ids of a text of these words, its beginning included. */
export const idsOf = ({ ids }: Vocabulary, words: readonly string[]): readonly number[] =>
  [BEGINNING, ...words].map((word) => {
    const id = ids.get(word);
    if (id === undefined) throw new Error(`internal: ${JSON.stringify(word)} is not in the vocabulary`);
    return id;
  });
