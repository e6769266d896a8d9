import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { csv, markdown } from "../../src/report/formats.ts";
import type { Records } from "../../src/report/records.ts";
import { attributionRecords } from "../../src/report/records.ts";
import { harmless } from "../../src/report/visible.ts";
import { attributionOf } from "./tokens.ts";

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env.FUZZ_CASES ?? 300);

/** What any reader of RFC 4180 makes of a text: written from its grammar, and knowing nothing of our writer. */
const parsed = (text: string): readonly (readonly string[])[] => {
  const records: string[][] = [[]];
  let at = 0;
  while (at < text.length) {
    const [whole, quoted, plain = ""] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))/.exec(text.slice(at)) as RegExpExecArray;
    records.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    at += whole.length;
    if (text.startsWith("\r\n", at)) {
      at += 2;
      if (at < text.length) records.push([]);
    } else if (text[at] === ",") at += 1;
    else throw new Error(`at ${at}: neither a comma nor the end of a record`);
  }
  return records;
};

const hostile = [
  " a,b",
  'say "x"',
  "two\nlines",
  "\u001b[2J",
  "\u202egnp",
  "=1+1",
  "| x | <b>*_`\\",
  "\r",
  "",
  "\ud800",
  "日本語",
];

const sample = (texts: readonly string[]): Records => ({
  about: "all",
  columns: ["part", "score"],
  rows: texts.map((text, i) => [text, i - 0.1]),
});

/** As OWASP has it: whatever begins so is a formula somewhere, unless it is a number. */
const runs = (text: string): boolean =>
  ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"].some((first) => text.startsWith(first)) &&
  !/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text);

const asText = (text: string): string => (runs(harmless(text)) ? `'${harmless(text)}` : harmless(text));

test("CSV: read again it is what was written, every character that commands nothing", () => {
  const text = csv(sample(hostile));
  assert.equal(parsed(text), [["part", "score"], ...hostile.map((name, i) => [asText(name), `${i - 0.1}`])]);
  assert.ok(text.endsWith("\r\n"));
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (texts) => {
      assert.equal(
        parsed(csv(sample(texts)))
          .slice(1)
          .map(([name]) => name),
        texts.map(asText),
      );
    }),
    { seed, numRuns },
  );
});

test("CSV: no cell is a formula to a spreadsheet; numbers stay numbers, and quotes hide none", () => {
  const formulas = ['=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "\n=1", "－1", '=1","=2', "-", "+"];
  const numbers = ["-1", "+2.5", "-1e-7"];
  const rows = [...formulas, ...numbers].map((text) => [text, -0.25]);
  const cells = parsed(csv({ about: "", columns: ["=part", "score"], rows }));
  assert.is(cells[0]?.[0], "'=part");
  assert.equal(
    cells.slice(1).map(([name]) => name),
    [...formulas.map((text) => `'${text}`), ...numbers],
  );
  assert.ok(cells.flat().every((cell) => !runs(cell)));
  const parts = [..."=+-@＝＋－＠\t\r\n\";,' 1aé."];
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom(...parts) }), { minLength: 1 }), (texts) => {
      assert.ok(
        parsed(csv(sample(texts)))
          .flat()
          .every((cell) => !runs(cell)),
      );
    }),
    { seed, numRuns },
  );
});

test("CSV: spaces at the ends are kept, numbers have all their digits, what is not known is empty", () => {
  const rows = [[" Paris", 1 / 3, ""]];
  assert.is(csv({ about: "", columns: ["a", "b", "c"], rows }), 'a,b,c\r\n" Paris",0.3333333333333333,\r\n');
});

test("neither has a control character or a text that turns the line around", () => {
  for (const text of [csv(sample(hostile)), markdown(sample(hostile))])
    assert.not.match(text.replaceAll(/\r\n|\n/g, ""), /[\p{Cc}\p{Cf}\p{Cs}]/u);
});

/** Cells of a line of GitHub's tables: only a pipe without a backslash before it divides. */
const cellsOf = (line: string): number => line.replaceAll(/\\./g, "").split("|").length - 2;

test("Markdown: as many cells in each row as columns, whatever is in them, and no markup of theirs", () => {
  const check = (texts: readonly string[]): void => {
    const [about, empty, ...lines] = markdown(sample(texts)).split("\n");
    assert.equal([about, empty, lines[1]], ["all", "", "| :-- | --: |"]);
    assert.is(lines.length, texts.length + 2);
    for (const line of lines) assert.is(cellsOf(line), 2);
    for (const line of lines.slice(2))
      assert.not.match(line.replaceAll(/\\./g, "").replace(/\| [^|]* \|$/, ""), /[`*_<>[\]#~&!]/);
  };
  check(hostile);
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (texts) => check(texts)),
    { seed, numRuns },
  );
});

test("an attribution: a row a part, its layers behind it, and what was asked above", () => {
  const result = {
    ...attributionOf([" a", "|"], [1.25, -0.5]),
    layers: [{ site: "resid_final", scores: [3, 4, 0, 0], explained: 7 }],
  };
  assert.is(
    csv(attributionRecords(result)),
    [
      "part,tokens,score,norm,score at resid_final",
      '" a",0,1.25,,3',
      "|,1,-0.5,,4",
      "bias,,0,,0",
      "remainder,,0,,0",
      "",
    ].join("\r\n"),
  );
  const [about, , head, , first, second] = markdown(attributionRecords(result)).split("\n");
  assert.match(about ?? "", /^\\" Paris\\" \\\(\\#7\\\)\\: logit 0\\\.7500/);
  assert.is(head, "| part | tokens | score | norm | score at resid\\_final |");
  assert.is(first, "| ·a | 0 | 1.25 |  | 3 |");
  assert.is(second, "| \\| | 1 | -0.5 |  | 4 |");
});

test("what parts promote and suppress: texts in quotes, empty for a part that says nothing", () => {
  const bare = attributionOf(["a"], [1]);
  const [first, ...rest] = bare.parts;
  const say = (text: string) => [{ id: 1, text, score: 2 }];
  const parts = [{ ...(first as (typeof bare.parts)[number]), promotes: say(' "x"'), suppresses: say("y") }, ...rest];
  assert.equal(
    csv(attributionRecords({ ...bare, parts }))
      .split("\r\n")
      .slice(0, 3),
    ["part,tokens,score,norm,promotes,suppresses", 'a,0,1,,""" \\""x\\""""","""y"""', "bias,,0,,,"],
  );
});

test.run();
