import { suite } from "uvu";
import * as assert from "uvu/assert";
import { called } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("depass compare");
let model = "";
test.before(async () => {
  model = await newFolder();
  await writeCheckpoint(model);
});
test.after(() => remove(model));

const compare = (...args: readonly string[]) =>
  called(["compare", "--model", model, "--prompt", "on the Paris", "--backend", "cpu", ...args]);

type Json = {
  readonly moved: readonly { readonly rule: string; readonly distance: number; readonly order: number }[];
  readonly attributions: readonly {
    readonly rule: string;
    readonly total: number;
    readonly parts: readonly { readonly score: number }[];
  }[];
};

test("every rule explains the same logit, each with its scores", async () => {
  const { code, stdout } = await compare("--json");
  assert.is(code, 0);
  const { moved, attributions } = JSON.parse(stdout) as Json;
  assert.equal(
    attributions.map((a) => a.rule),
    ["softmax 0.1", "softmax 0.01", "softmax 1", "max", "relu", "linear", "taylor"],
  );
  const [first] = attributions;
  for (const { total } of attributions) assert.ok(Math.abs(total - (first?.total ?? 0)) < 1e-4);
  assert.is(moved.length, 6);
  moved.forEach(({ rule, distance, order }, i) => {
    const [a, b] = [first, attributions[i + 1]].map((x) => x?.parts.map((p) => p.score) ?? []) as [number[], number[]];
    const size = Math.sqrt(a.reduce((sum, x) => sum + x * x, 0));
    const apart = Math.sqrt(a.reduce((sum, x, k) => sum + (x - (b[k] as number)) ** 2, 0));
    assert.is(rule, attributions[i + 1]?.rule);
    assert.ok(Math.abs(distance - apart / size) < 1e-9);
    assert.ok(order >= 0 && order <= 1);
  });
});

test("a table of parts by rules", async () => {
  const { code, stdout } = await compare("--seed", "head", "--from", "1");
  assert.is(code, 0);
  assert.match(stdout, /softmax 0\.1 +softmax 0\.01 +softmax 1 +max +relu +linear +taylor/);
  assert.match(stdout, /^L1H1 +[-+\d]/m);
  assert.match(stdout, /taylor +scores moved by +[\d.]+ %, +[\d.]+ % of pairs/);
});

test.run();
