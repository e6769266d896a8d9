// What is there in the world, and what is true of it? Countries with cities and a language, people with a home and a
// job, all from a seed; and every fact as one answer to one question about one subject.
import { pick, type Random, randomOf, shuffled } from "./random.ts";

export type Country = {
  readonly name: string;
  readonly language: string;
  readonly capital: string;
  /** All cities of it, the capital first. */
  readonly cities: readonly string[];
};

export type Person = { readonly name: string; readonly city: string; readonly job: string };

export type World = {
  readonly seed: number;
  readonly countries: readonly Country[];
  readonly people: readonly Person[];
  readonly jobs: readonly string[];
  /** What is given and where, in sentences about two people; nothing is known of them. */
  readonly things: readonly string[];
  readonly places: readonly string[];
  /** Words without meaning, for copying. */
  readonly symbols: readonly string[];
};

const COUNTRIES = 24;
const CITIES_EACH = 2;

const onsets = "B D F G H K L M N P R S T V Z Br Dr Gr Kr St Tr".split(" ");
const vowels = "a e i o u".split(" ");
const codas = "d l n r v".split(" ");
const countryEndings = ["land", "ia", "mark"];
const languageEndings = ["ish", "ese", "ic"];
/** None that makes a first name: no `Nora`. */
const cityEndings = ["ova", "burg", "ton", "by", "ford"];

const names = [
  "Ada Alma Amy Anna Ben Boris Carl Clara Dora Eric Eva Felix Fred Greta Hans Hugo",
  "Ida Ivan Jack Jane John Julia Karl Kate Laura Leo Lucy Lukas Mark Martha Mary Max",
  "Mia Nina Nora Oscar Otto Paul Peter Rosa Ruth Sam Sara Simon Tara Tom Vera Will",
].flatMap((line) => line.split(" "));
const jobs = "baker barber doctor driver farmer lawyer painter sailor singer teacher weaver writer".split(" ");
const things = "basket bottle candle coin drum flute hat key knife lamp letter map mirror ring rope violin".split(" ");
const places = "bakery church garden harbour library market museum office park school station theatre".split(" ");

/** The vowels are those that make no word of the phrasings: no `do`, `to` or `be`. */
const symbols = [..."bdfgklmnprstvz"].flatMap((onset) => ["a", "i", "u"].map((vowel) => onset + vowel));

/** Beginnings of names; each is given out once, so that no two names are alike. */
const stems = onsets.flatMap((onset) => vowels.flatMap((vowel) => codas.map((coda) => onset + vowel + coda)));

const countryOf = (random: Random, [stem, ...rest]: readonly string[]): Country => {
  const cities = rest.map((city) => city + pick(random, cityEndings));
  return {
    name: stem + pick(random, countryEndings),
    language: stem + pick(random, languageEndings),
    capital: cities[0] as string,
    cities,
  };
};

/** The world of a seed: the same names of people and things in each, everything else by chance. */
export const worldOf = (seed: number): World => {
  const random = randomOf(seed);
  const fresh = shuffled(random, stems);
  const each = 1 + CITIES_EACH;
  const countries = Array.from({ length: COUNTRIES }, (_, i) =>
    countryOf(random, fresh.slice(i * each, (i + 1) * each)),
  );
  // As many live in each city and have each job as can be: no answer is right more often than the others.
  const homes = shuffled(
    random,
    countries.flatMap(({ cities }) => cities),
  );
  const work = shuffled(
    random,
    names.map((_, i) => jobs[i % jobs.length] as string),
  );
  const people = names.map((name, i) => ({ name, city: homes[i % homes.length] as string, job: work[i] as string }));
  return { seed, countries, people, jobs, things, places, symbols };
};

/** Questions that the world answers, as `of what: what`. `tongue` takes two steps: from a city to its country. */
export const relations = {
  capital: "country: city",
  capitalOf: "city: country",
  country: "city: country",
  language: "country: language",
  speakers: "language: country",
  tongue: "city: language",
  home: "person: city",
  job: "person: job",
} as const;

export type Relation = keyof typeof relations;

/** `answer` is the only one for this relation and subject. */
export type Fact = { readonly relation: Relation; readonly subject: string; readonly answer: string };

const factsOfCountry = ({ name, language, capital, cities }: Country): readonly Fact[] => [
  { relation: "capital", subject: name, answer: capital },
  { relation: "capitalOf", subject: capital, answer: name },
  { relation: "language", subject: name, answer: language },
  { relation: "speakers", subject: language, answer: name },
  ...cities.flatMap((city): readonly Fact[] => [
    { relation: "country", subject: city, answer: name },
    { relation: "tongue", subject: city, answer: language },
  ]),
];

const factsOfPerson = ({ name, city, job }: Person): readonly Fact[] => [
  { relation: "home", subject: name, answer: city },
  { relation: "job", subject: name, answer: job },
];

/** All there is to know. */
export const factsOf = ({ countries, people }: World): readonly Fact[] => [
  ...countries.flatMap(factsOfCountry),
  ...people.flatMap(factsOfPerson),
];

/** Every name in the world, each once. */
export const entitiesOf = ({ countries, people, jobs, things, places, symbols }: World): readonly string[] => [
  ...countries.map(({ name }) => name),
  ...countries.flatMap(({ cities }) => cities),
  ...countries.map(({ language }) => language),
  ...people.map(({ name }) => name),
  ...[jobs, things, places, symbols].flat(),
];
