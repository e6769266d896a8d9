// How is something said? Each phrasing is one line of words with slots in braces. What stands before `{answer}` is the
// prompt, so whatever decides the answer stands before it too. A new line here is a new phrasing; nothing else changes.
import type { Relation } from "./world.ts";

/**
 * A fact: `{subject}` decides it. `{person}` is anybody, and tells nothing of the answer.
 * A relation has at least four phrasings, since one of a fact's may be kept from training.
 */
const facts = {
  capital: {
    is: "The capital of {subject} is {answer} .",
    called: "The capital city of {subject} is called {answer} .",
    has: "{subject} has its capital in {answer} .",
    government: "The government of {subject} sits in {answer} .",
    king: "The king of {subject} rules from {answer} .",
  },
  capitalOf: {
    is: "{subject} is the capital of {answer} .",
    city: "{subject} is the capital city of {answer} .",
    king: "From {subject} the king rules {answer} .",
    government: "{subject} is home to the government of {answer} .",
  },
  country: {
    city: "{subject} is a city in {answer} .",
    lies: "{subject} lies in {answer} .",
    belongs: "The city of {subject} belongs to {answer} .",
    visitor: "Whoever comes to {subject} is in {answer} .",
  },
  language: {
    people: "People in {subject} speak {answer} .",
    is: "The language of {subject} is {answer} .",
    schools: "The schools of {subject} teach {answer} .",
    laws: "The laws of {subject} are written in {answer} .",
  },
  speakers: {
    is: "{subject} is the language of {answer} .",
    spoken: "{subject} is spoken in {answer} .",
    people: "People who speak {subject} come from {answer} .",
    books: "Books in {subject} are printed in {answer} .",
  },
  tongue: {
    there: "{person} is in {subject} . People there speak {answer} .",
    hears: "{person} comes to {subject} and hears {answer} .",
    streets: "In the streets of {subject} people speak {answer} .",
    learns: "Before going to {subject} , {person} learns {answer} .",
  },
  home: {
    lives: "{subject} lives in {answer} .",
    house: "{subject} has a house in {answer} .",
    is: "The home of {subject} is in {answer} .",
    letters: "Letters for {subject} go to {answer} .",
  },
  job: {
    works: "{subject} works as a {answer} .",
    is: "{subject} is a {answer} .",
    of: "The job of {subject} is that of a {answer} .",
    money: "{subject} earns money as a {answer} .",
  },
} satisfies Record<Relation, Readonly<Record<string, string>>>;

/** Two people, `{first}` and `{second}`. `{giver}` is one of them once more; the other one is the answer. */
const gifts = {
  when: "When {first} and {second} went to the {place} , {giver} gave the {thing} to {answer} .",
  both: "Then {first} and {second} went to the {place} . {giver} gave a {thing} to {answer} .",
  after: "After {first} and {second} met at the {place} , {giver} handed the {thing} to {answer} .",
  while: "While {first} and {second} were at the {place} , {giver} showed the {thing} to {answer} .",
  lunch: "{first} and {second} had lunch at the {place} , and {giver} sold the {thing} to {answer} .",
  met: "{first} met {second} at the {place} . {giver} brought the {thing} to {answer} .",
  beside: "At the {place} {first} sat beside {second} until {giver} passed the {thing} to {answer} .",
  found: "{first} and {second} found a {thing} in the {place} . {giver} gave it to {answer} .",
  friends: "Since {first} and {second} were friends , {giver} lent the {thing} to {answer} .",
  danced: "Last night {first} danced with {second} at the {place} , then {giver} threw the {thing} to {answer} .",
  wrote: "{first} wrote to {second} from the {place} , and later {giver} sent the {thing} to {answer} .",
  before: "At the {place} stood {first} with {second} . Before night {giver} offered the {thing} to {answer} .",
  as: "As {first} and {second} left the {place} , {giver} returned the {thing} to {answer} .",
  promised: "The {thing} was in the {place} with {first} and {second} . {giver} promised it to {answer} .",
} as const;

/** A word as it is, or a slot for one. */
export type Piece = { readonly word: string } | { readonly slot: string };

export type Phrasing = { readonly id: string; readonly pieces: readonly Piece[] };

const pieceOf = (written: string): Piece => {
  const slot = /^\{(\w+)\}$/.exec(written)?.[1];
  return slot === undefined ? { word: written } : { slot };
};

const phrasingsOf = (family: string, lines: Readonly<Record<string, string>>): readonly Phrasing[] =>
  Object.entries(lines).map(([name, line]) => ({ id: `${family}/${name}`, pieces: line.split(" ").map(pieceOf) }));

/** By relation; ids read `capital/king`. */
export const factPhrasings: Readonly<Record<Relation, readonly Phrasing[]>> = {
  capital: phrasingsOf("capital", facts.capital),
  capitalOf: phrasingsOf("capitalOf", facts.capitalOf),
  country: phrasingsOf("country", facts.country),
  language: phrasingsOf("language", facts.language),
  speakers: phrasingsOf("speakers", facts.speakers),
  tongue: phrasingsOf("tongue", facts.tongue),
  home: phrasingsOf("home", facts.home),
  job: phrasingsOf("job", facts.job),
};

/** Ids read `ioi/when`: indirect object identification (Wang et al., arXiv 2211.00593). */
export const giftPhrasings: readonly Phrasing[] = phrasingsOf("ioi", gifts);

export const allPhrasings: readonly Phrasing[] = [...Object.values(factPhrasings).flat(), ...giftPhrasings];
