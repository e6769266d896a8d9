// What is kept from training, to be asked afterwards? Combinations: phrasings of facts that are known from others,
// pairs of names that never met, runs of three symbols that never stood together. All are finite sets, drawn once.
import { factPhrasings, giftPhrasings, type Phrasing } from "./phrasings.ts";
import { copySentence, factSentence, giftSentence, type Prompt } from "./prompts.ts";
import { between, pick, type Random, randomOf, shuffled, some } from "./random.ts";
import { type Fact, factsOf, type Relation, relations, type World } from "./world.ts";

/** A fact in one of its phrasings. */
export type Saying = { readonly fact: Fact; readonly phrasing: Phrasing };

export type Split = {
  /** Every fact in every phrasing is in one of the two. */
  readonly seen: readonly Saying[];
  readonly held: readonly Saying[];
  /** Keys of the pairs of names that are in no sentence together. */
  readonly pairs: ReadonlySet<string>;
  /** Keys of the runs of three symbols that are in no sequence. */
  readonly runs: ReadonlySet<string>;
};

/** The same for both orders. */
export const pairKey = (a: string, b: string): string => [a, b].sort().join(" ");

export const runKey = (a: string, b: string, c: string): string => `${a} ${b} ${c}`;

const PAIRS_HELD = 0.1;
/** Small, so that whole sequences without such a run are not rare: a block of twelve has a dozen chances. */
const RUNS_HELD = 0.05;

/** Half of a relation's facts give up one phrasing each, in turn: so each phrasing is known from most of the facts. */
const heldOf = (random: Random, facts: readonly Fact[], phrasings: readonly Phrasing[]): readonly Saying[] =>
  shuffled(random, facts)
    .slice(0, Math.floor(facts.length / 2))
    .map((fact, i) => ({ fact, phrasing: phrasings[i % phrasings.length] as Phrasing }));

const sayingKey = ({ fact, phrasing }: Saying): string => `${phrasing.id} ${fact.subject}`;

const sayingsOf = (random: Random, world: World): Pick<Split, "seen" | "held"> => {
  const facts = factsOf(world);
  const all = facts.flatMap((fact) => factPhrasings[fact.relation].map((phrasing) => ({ fact, phrasing })));
  const held = (Object.keys(relations) as readonly Relation[]).flatMap((relation) =>
    heldOf(
      random,
      facts.filter((fact) => fact.relation === relation),
      factPhrasings[relation],
    ),
  );
  const keys = new Set(held.map(sayingKey));
  return { held, seen: all.filter((saying) => !keys.has(sayingKey(saying))) };
};

/** Every pair of names, each once. */
export const pairsOf = ({ people }: World): readonly (readonly [string, string])[] =>
  people.flatMap(({ name }, i) => people.slice(i + 1).map((other) => [name, other.name] as const));

/** Every run of three different symbols. */
const runsOf = ({ symbols }: World): readonly (readonly [string, string, string])[] =>
  symbols.flatMap((a) =>
    symbols.flatMap((b) => symbols.flatMap((c) => (a === b || b === c || a === c ? [] : [[a, b, c] as const]))),
  );

const keysOf = (random: Random, share: number, keys: readonly string[]): ReadonlySet<string> =>
  new Set(shuffled(random, keys).slice(0, Math.round(share * keys.length)));

/** What the training of a world may show and what it may not; the same for the same world. */
export const splitOf = (world: World): Split => {
  const random = randomOf(world.seed + 1);
  return {
    ...sayingsOf(random, world),
    pairs: keysOf(
      random,
      PAIRS_HELD,
      pairsOf(world).map(([a, b]) => pairKey(a, b)),
    ),
    runs: keysOf(
      random,
      RUNS_HELD,
      runsOf(world).map(([a, b, c]) => runKey(a, b, c)),
    ),
  };
};

/** Any sentence about a gift between two people. */
export const giftBetween = (random: Random, { places, things }: World, pair: readonly string[]) => {
  const [first = "", second = ""] = shuffled(random, pair);
  const giver = pick(random, ["first", "second"] as const);
  return giftSentence(pick(random, giftPhrasings), {
    first,
    second,
    giver,
    place: pick(random, places),
    thing: pick(random, things),
  });
};

/** Lengths of a block to copy, in words. */
export const BLOCK = { least: 4, most: 12 } as const;

/** A block with this run in it, asked for the run's last word. */
const copyOf = (random: Random, { symbols }: World, run: readonly string[]): Prompt => {
  const size = between(random, BLOCK.least, BLOCK.most);
  const others = some(
    random,
    size - run.length,
    symbols.filter((symbol) => !run.includes(symbol)),
  );
  const at = between(random, 0, others.length);
  return copySentence([...others.slice(0, at), ...run, ...others.slice(at)], at + run.length - 2).prompt;
};

/** Prompts that training never showed: every withheld saying of a fact, and `count` each of the other two kinds. */
export const heldOutPrompts = (world: World, { held, pairs, runs }: Split, seed: number, count: number) => {
  const random = randomOf(seed);
  const names = world.people.map(({ name }) => name);
  const many = (keys: ReadonlySet<string>): readonly (readonly string[])[] => {
    const listed = [...keys].map((key) => key.split(" "));
    return Array.from({ length: count }, () => pick(random, listed));
  };
  return {
    fact: held.map(({ fact, phrasing }) => factSentence(phrasing, fact, pick(random, names)).prompt),
    ioi: many(pairs).map((pair) => giftBetween(random, world, pair).prompt),
    copy: many(runs).map((run) => copyOf(random, world, run)),
  } satisfies Record<Prompt["kind"], readonly Prompt[]>;
};
