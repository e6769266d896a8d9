import { test } from "uvu";
import * as assert from "uvu/assert";
import { entitiesOf, factsOf, type Relation, relations, worldOf } from "../world.ts";
import { kindOfName } from "./oracle.ts";

const world = worldOf(1);

test("a seed is a world, and another seed another one", () => {
  assert.equal(worldOf(1), world);
  assert.not.equal(factsOf(worldOf(2)), factsOf(world));
  assert.is(worldOf(1).countries[0]?.name, "Rivland");
});

test("no two things share a name, whatever the seed", () => {
  for (let seed = 0; seed < 500; seed++) {
    const names = entitiesOf(worldOf(seed));
    assert.is(new Set(names).size, names.length, `seed ${seed}`);
  }
});

test("sizes are those of a small vocabulary", () => {
  const { countries, people } = world;
  assert.equal([countries.length, people.length, countries.flatMap(({ cities }) => cities).length], [24, 48, 48]);
  assert.ok(countries.every(({ capital, cities }) => cities[0] === capital));
  assert.ok(entitiesOf(world).length < 300);
});

test("a question about a subject has one answer", () => {
  const facts = factsOf(world);
  assert.is(new Set(facts.map(({ relation, subject }) => `${relation} ${subject}`)).size, facts.length);
  assert.equal(new Set(facts.map(({ relation }) => relation)), new Set(Object.keys(relations)));
  assert.is(facts.length, 4 * 24 + 2 * 48 + 2 * 48);
});

test("subjects and answers are of the kinds that a relation names", () => {
  for (const { relation, subject, answer } of factsOf(world)) {
    const [about, kind] = relations[relation].split(": ");
    assert.is(kindOfName(world, subject), about, relation);
    assert.ok(
      kind === "job" ? world.jobs.includes(answer) : kindOfName(world, answer) === kind,
      `${relation} ${answer}`,
    );
  }
});

test("no answer of a relation is much more frequent than another", () => {
  for (const asked of Object.keys(relations) as Relation[]) {
    const counts = new Map<string, number>();
    for (const { relation, answer } of factsOf(world))
      if (relation === asked) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    assert.is(Math.max(...counts.values()), Math.min(...counts.values()), asked);
  }
});

test.run();
