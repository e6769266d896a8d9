import { createHash } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { report } from "../../src/page/report.ts";
import { toJson } from "../../src/result.ts";
import { attributionOf } from "../report/tokens.ts";

const between = (page: string, open: string, close: string): string => {
  const from = page.indexOf(open) + open.length;
  return page.slice(from, page.indexOf(close, from));
};

const DATA = '<script id="data" type="application/json">';
const sample = attributionOf(["The", " capital"], [1, 3]);

test("the data is what --json prints, with the command", () => {
  const page = report(sample, { command: "depass attribute" });
  assert.equal(JSON.parse(between(page, DATA, "</script>")), {
    result: JSON.parse(JSON.stringify(toJson(sample))),
    command: "depass attribute",
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
  const data = JSON.parse(between(report(sample, { maps }), DATA, "</script>")) as { modules: unknown };
  assert.equal(data.modules, { heads: [[1, 2]], attention: [3], mlp: [-1], explained, rule, gap });
  const foils = [target];
  for (const other of [{ prompt: "x" }, { target: { ...target, id: 1 } }, { position: 9 }, { foils }])
    assert.throws(() => report(sample, { maps: { ...maps, ...other } }), /maps: expected those of the result's prompt/);
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
  const data = JSON.parse(between(page, DATA, "</script>")) as { result: { tokens: { text: string }[] } };
  assert.equal(
    data.result.tokens.map((t) => t.text),
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

test.run();
