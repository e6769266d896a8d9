import { test } from "uvu";
import * as assert from "uvu/assert";
import { allPhrasings, factPhrasings, giftPhrasings, type Phrasing } from "../phrasings.ts";
import { phrasingWords } from "../vocabulary.ts";
import { entitiesOf, worldOf } from "../world.ts";

const slots = ({ pieces }: Phrasing) => pieces.flatMap((piece) => ("slot" in piece ? [piece.slot] : []));

test("ids are names of one phrasing each", () => {
  assert.is(new Set(allPhrasings.map(({ id }) => id)).size, allPhrasings.length);
  assert.ok(allPhrasings.every(({ id }) => /^\w+\/\w+$/.test(id)));
});

test("a fact's phrasing has its subject once, somebody at most once, and the answer last", () => {
  for (const [relation, phrasings] of Object.entries(factPhrasings)) {
    assert.ok(phrasings.length >= 4, relation);
    for (const phrasing of phrasings) {
      const found = slots(phrasing);
      assert.is(found.at(-1), "answer", phrasing.id);
      assert.match(found.slice(0, -1).sort().join(" "), /^(person )?subject$/, phrasing.id);
    }
  }
});

test("a gift's phrasing has two names in order, then who gives, and the answer last", () => {
  assert.ok(giftPhrasings.length >= 12);
  for (const phrasing of giftPhrasings) {
    const found = slots(phrasing);
    assert.equal(
      found.filter((slot) => slot !== "place" && slot !== "thing"),
      ["first", "second", "giver", "answer"],
      phrasing.id,
    );
    assert.is(found.at(-1), "answer", phrasing.id);
  }
});

test("every line is words and signs with a space between, up to a full stop", () => {
  for (const { id, pieces } of allPhrasings) {
    assert.equal(pieces.at(-1), { word: "." }, id);
    for (const piece of pieces) if ("word" in piece) assert.match(piece.word, /^(\w+|[.,])$/, id);
  }
});

test("no word of a phrasing is a name", () => {
  const words = new Set(phrasingWords());
  for (let seed = 0; seed < 60; seed++)
    assert.equal(
      entitiesOf(worldOf(seed)).filter((name) => words.has(name)),
      [],
    );
});

test.run();
