// What would somebody say who knows the world and has only the words of a prompt? Which word decides and what follows,
// worked out without the generator's makers.
import type { Prompt } from "../prompts.ts";
import { type Relation, relations, type World } from "../world.ts";

type Finding = { readonly deciding: number; readonly answer: string | undefined };

/** Of what kind a name is, for the kinds that facts are about. */
const kindOf = ({ countries, people }: World, word: string): string | undefined => {
  if (people.some(({ name }) => name === word)) return "person";
  if (countries.some(({ cities }) => cities.includes(word))) return "city";
  if (countries.some(({ name }) => name === word)) return "country";
  return countries.some(({ language }) => language === word) ? "language" : undefined;
};

const answers: Readonly<Record<Relation, (world: World, subject: string) => string | undefined>> = {
  capital: ({ countries }, subject) => countries.find(({ name }) => name === subject)?.cities[0],
  capitalOf: ({ countries }, subject) => countries.find(({ capital }) => capital === subject)?.name,
  country: ({ countries }, subject) => countries.find(({ cities }) => cities.includes(subject))?.name,
  language: ({ countries }, subject) => countries.find(({ name }) => name === subject)?.language,
  speakers: ({ countries }, subject) => countries.find(({ language }) => language === subject)?.name,
  tongue: ({ countries }, subject) => countries.find(({ cities }) => cities.includes(subject))?.language,
  home: ({ people }, subject) => people.find(({ name }) => name === subject)?.city,
  job: ({ people }, subject) => people.find(({ name }) => name === subject)?.job,
};

const only = <A>(found: readonly A[]): A => {
  if (found.length !== 1) throw new Error(`${found.length} words could decide`);
  return found[0] as A;
};

const places = (words: readonly string[], is: (word: string, at: number) => boolean): readonly number[] =>
  words.flatMap((word, at) => (is(word, at) ? [at] : []));

const findings: Readonly<Record<Prompt["kind"], (world: World, prompt: Prompt) => Finding>> = {
  fact: (world, { words, phrasing }) => {
    const relation = phrasing.split("/")[0] as Relation;
    const about = relations[relation].split(":")[0];
    const deciding = only(places(words, (word) => kindOf(world, word) === about));
    return { deciding, answer: answers[relation](world, words[deciding] as string) };
  },
  ioi: (world, { words }) => {
    const names = places(words, (word) => kindOf(world, word) === "person");
    if (names.length !== 3) throw new Error(`${names.length} names`);
    const deciding = only(names.filter((at) => words.indexOf(words[at] as string) === words.lastIndexOf(words[at]!)));
    return { deciding, answer: words[deciding] };
  },
  copy: (_, { words }) => {
    const last = words.length - 1;
    const deciding = 1 + only(places(words, (word, at) => at < last && word === words[last]));
    return { deciding, answer: words[deciding] };
  },
};

/** Throws where more than one word could decide, or none. */
export const find = (world: World, prompt: Prompt): Finding => findings[prompt.kind](world, prompt);

/** The kind of a name, or undefined. */
export const kindOfName = kindOf;
