import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { report } from "../../src/page/report.ts";
import type { AnswerSheet, TextSheet } from "../../src/page/sheet.ts";
import { toJson } from "../../src/result.ts";
import { attributionOf } from "../report/tokens.ts";
import { writtenOf } from "./written.ts";

const between = (page: string, open: string, close: string): string => {
  const from = page.indexOf(open) + open.length;
  return page.slice(from, page.indexOf(close, from));
};

const DATA = '<script id="data" type="application/json">';

/** What the page's script reads. */
const sheetsIn = (page: string) =>
  (JSON.parse(between(page, DATA, "</script>")) as { sheets: readonly Partial<AnswerSheet & TextSheet>[] }).sheets;

const sample = attributionOf(["The", " capital"], [1, 3]);

test("the data is what --json prints, with the command", () => {
  const page = report(sample, { command: "depass attribute" });
  assert.equal(JSON.parse(between(page, DATA, "</script>")), {
    sheets: [{ result: JSON.parse(JSON.stringify(toJson(sample))), command: "depass attribute" }],
  });
  assert.not.ok(between(report(sample), DATA, "</script>").includes('"command"'));
});

const { tokens, prompt, target, explained, model, backend, rule, mode, position, times, gap } = sample;
const maps = {
  ...{ tokens, prompt, target, explained, model, backend, rule, mode, position, times, gap },
  heads: [[1, 2]],
  attention: [3],
  mlp: [-1],
};

test("maps of the same question are in the data, others are refused", () => {
  const [sheet] = sheetsIn(report(sample, { maps }));
  assert.equal(sheet?.modules, { heads: [[1, 2]], attention: [3], mlp: [-1], explained, rule, gap });
  const foils = [target];
  for (const other of [{ prompt: "x" }, { target: { ...target, id: 1 } }, { position: 9 }, { foils }])
    assert.throws(() => report(sample, { maps: { ...maps, ...other } }), /maps: expected those of the result's prompt/);
});

const taylor = { ...sample, rule: "taylor", parts: sample.parts.map((p, i) => ({ ...p, score: p.score * (i + 1) })) };
const comparison = { attributions: [sample, taylor], moved: [{ rule: "taylor", distance: 0.5, order: 1 }] };

test("a comparison of the same parts is in the data, by itself or beside its attribution; others are refused", () => {
  for (const page of [report(comparison), report(sample, { comparison })]) {
    const [sheet] = sheetsIn(page);
    assert.is(sheet?.result?.rule, "softmax 0.1");
    assert.equal(sheet?.rules?.names, ["softmax 0.1", "taylor"]);
    assert.equal(sheet?.rules?.scores, [
      [1, 3, 0, 0],
      [1, 6, 0, 0],
    ]);
    assert.equal(sheet?.rules?.moved, comparison.moved);
  }
  for (const other of [{ prompt: "x" }, { position: 9 }, { parts: sample.parts.slice(1) }])
    assert.throws(
      () => report(sample, { comparison: { ...comparison, attributions: [sample, { ...sample, ...other }] } }),
      /comparison: expected one of the result's prompt, target, foils and parts/,
    );
});

test("maps by themselves have no parts; the strongest neurons come along", () => {
  const neurons = [Array.from({ length: 99 }, (_, n) => (n % 2 ? -n : n))];
  const [sheet] = sheetsIn(report({ ...maps, all: { tokens: [], neurons } }));
  assert.equal(sheet?.result?.parts, []);
  assert.equal(sheet?.modules?.neurons?.of, 99);
  assert.equal(sheet?.modules?.neurons?.strongest.slice(0, 2), [
    { name: "L0N98", score: 98 },
    { name: "L0N97", score: -97 },
  ]);
  assert.throws(() => report(maps, { maps }), /maps: expected .* got a result that is no attribution/);
});

test("several results, each with its own extras", () => {
  const page = report([sample, { result: sample, maps, command: "depass attribute" }, comparison]);
  assert.equal(
    sheetsIn(page).map((s) => [s.modules !== undefined, s.command, s.rules !== undefined]),
    [
      [false, undefined, false],
      [true, "depass attribute", false],
      [false, undefined, true],
    ],
  );
  assert.match(page, "<title>3 predictions explained</title>");
  assert.throws(() => report([]), /results: expected at least one/);
});

test("the policy lets the page's own script and style run, and nothing else", () => {
  const page = report(sample);
  const policy = between(page, 'http-equiv="Content-Security-Policy" content="', '"');
  const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  assert.equal(policy.split("; "), [
    "default-src 'none'",
    `script-src ${hashOf(between(page, "<script>", "</script>"))}`,
    `style-src ${hashOf(between(page, "<style>", "</style>"))}`,
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ]);
});

test("no text leaves the data or the title", () => {
  const evil = ["</script><img src=x onerror=alert(1)>", "<!--", "\u2028\u202e\x00", "\ud800"];
  const page = report({
    ...attributionOf(evil, [1, 2, 3, 4]),
    target: { id: 1, text: "</title><b>&\u202e", logit: 10, probability: 1 },
  });
  const rest = page.replace(between(page, DATA, "</script>"), "");
  const [sheet] = sheetsIn(page);
  assert.equal(
    sheet?.result?.tokens.map((t) => t.text),
    evil,
  );
  assert.not.match(rest, /<img|<b>/);
  assert.is(page.match(/<\/script>/g)?.length, 2);
  assert.match(rest, "<title>Why &quot;&lt;/title&gt;&lt;b&gt;&amp;&lt;U+202E&gt;&quot; behind");
});

test("small: less than 300 kB beside the data, which grows with the tokens only", () => {
  const long = attributionOf(
    Array.from({ length: 200 }, (_, i) => ` word${i}`),
    Array.from({ length: 200 }, (_, i) => Math.sin(i) / 3),
  );
  const layers = Array.from({ length: 31 }, (_, l) => ({
    site: `layers.${l}.resid_pre`,
    scores: Array.from({ length: 202 }, (_, i) => Math.sin(i * l) / 3),
    explained: 1,
  }));
  assert.ok(report(sample).length < 300_000);
  assert.ok(report({ ...long, layers }).length < 5_000_000);
});

test("many results with words are thinned, too: less than 5 MB", () => {
  const words = Array.from({ length: 5 }, (_, id) => ({ id, text: ` word${id}`, score: Math.sin(id) }));
  const one = attributionOf(
    Array.from({ length: 100 }, (_, i) => ` word${i}`),
    Array.from({ length: 100 }, (_, i) => Math.sin(i) / 3),
  );
  const spoken = { ...one, parts: one.parts.map((p) => ({ ...p, promotes: words, suppresses: words })) };
  const page = report(Array.from({ length: 200 }, () => spoken));
  assert.ok(page.length < 5_000_000, `${page.length}`);
  assert.is(sheetsIn(page)[0]?.speaking, 102);
});

test("a written text is drawn by its tokens, and no other parts are taken for them", () => {
  const written = writtenOf(["The", " end"], [" came"]);
  assert.match(report(written), "<title>");
  const byHead = { ...written, explanation: { ...written.explanation, byToken: false } };
  assert.throws(() => report(byHead), /one whose parts are the tokens/);
});

test.run();
