import { suite } from "uvu";
import * as assert from "uvu/assert";
import { called } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("depass plan");
let model = "";
test.before(async () => {
  model = await newFolder();
  await writeCheckpoint(model);
});
test.after(() => remove(model));

const plan = (...args: readonly string[]) => called(["plan", "--model", model, "--backend", "cpu", ...args]);

const json = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await plan("--json", ...args);
  assert.is(stderr, "");
  assert.is(code, 0);
  return JSON.parse(stdout);
};

test("bytes, tiles, operations and time, for people", async () => {
  const { code, stdout } = await plan("--tokens", "20");
  assert.is(code, 0);
  assert.match(stdout, /^tokens +20$/m);
  assert.match(stdout, /^weights +\d/m);
  assert.match(stdout, /^peak +.* for the process itself$/m);
  assert.match(stdout, /^time +about .*: an estimate, at the .* GFLOP\/s of one product just measured$/m);
});

test("the peak is weights and activations, and grows with the prompt, as operations do", async () => {
  const [short, long] = [await json("--tokens", "10"), await json("--tokens", "20")];
  for (const { bytes } of [short, long]) assert.is(bytes.peak, bytes.weights + bytes.activations);
  assert.is(short.bytes.weights, long.bytes.weights);
  assert.ok(long.bytes.activations > short.bytes.activations && long.flops > 2 * short.flops);
  // Rows of 16 numbers: one per token and part that reaches it, and one of the remainder.
  assert.is(short.bytes.parts, 4 * 16 * ((10 * 11) / 2 + 10));
  assert.is(short.seconds, short.flops / short.rate);
});

test("as a table: each quantity of --json with its unit", async () => {
  const { bytes, flops } = await json("--tokens", "20");
  const { code, stdout } = await plan("--tokens", "20", "--format", "csv");
  assert.is(code, 0);
  const rows = new Map(stdout.split("\r\n").map((line) => [line.split(",")[0], line.split(",").slice(1)]));
  assert.equal(rows.get("quantity"), ["value", "unit"]);
  assert.equal(rows.get("peak"), [`${bytes.peak}`, "bytes"]);
  assert.equal(rows.get("parts of one state"), [`${bytes.parts}`, "bytes"]);
  assert.equal(rows.get("operations"), [`${flops}`, "operations"]);
  assert.match((await plan("--tokens", "20", "--format", "markdown")).stdout, /^\| peak +\| \d+ +\| bytes \|$/m);
  const both = await plan("--tokens", "20", "--json", "--format", "csv");
  assert.is(both.code, 2);
  assert.match(both.stderr, "--json: expected one format, got --format csv as well");
});

test("scores at every layer and maps of heads and modules are planned, too", async () => {
  const [plain, all] = [await json("--tokens", "20"), await json("--tokens", "20", "--layers", "--maps")];
  assert.ok(all.flops > plain.flops && all.flops < 1.2 * plain.flops, `${all.flops} instead of ${plain.flops}`);
  assert.is(plain.maps, undefined);
  const longer = await json("--tokens", "40", "--maps");
  // Parts of the maps are as many at each token, however many tokens there are; only attention looks at all of them.
  const times = longer.maps.flops / all.maps.flops;
  assert.ok(times >= 2 && times < 2.5, `${times} times the operations for twice the tokens`);
  assert.is(all.maps.bytes.peak, all.maps.bytes.weights + all.maps.bytes.activations);
  assert.is(all.maps.seconds, all.maps.flops / all.rate);
  const text = await plan("--tokens", "20", "--maps");
  assert.match(text.stdout, /^maps +a run more: .* GFLOP, peak .*, about .*$/m);
  const table = await plan("--tokens", "20", "--maps", "--format", "csv");
  assert.match(table.stdout, `maps: operations,${all.maps.flops},operations`);
});

test("maps under a linear rule are the pass backwards, which takes less than carrying all of them", async () => {
  const [softmax, taylor] = [
    await json("--tokens", "20", "--maps"),
    await json("--tokens", "20", "--maps", "--rule", "taylor"),
  ];
  assert.ok(taylor.maps.flops < softmax.maps.flops);
});

test("a prompt has its own tokens", async () => {
  const { tokens } = await json("--prompt", "a b");
  assert.is((await json("--tokens", `${tokens}`)).flops, (await json("--prompt", "a b")).flops);
});

test("parts of every kind: their bytes follow from how many there are, of which a prompt may decide", async () => {
  const parts = async (...args: readonly string[]): Promise<number> => (await json(...args)).bytes.parts;
  const state = 4 * 16 * 20;
  // Two heads and what enters the layer; two neurons and the rest; each with a remainder.
  assert.is(await parts("--tokens", "20", "--seed", "head", "--from", "1"), 4 * state);
  assert.is(await parts("--tokens", "20", "--seed", "neuron", "--neurons", "3,5"), 4 * state);
  const words = await json("--prompt", "a b c", "--seed", "words");
  assert.is(words.bytes.parts, (3 + 1) * 4 * 16 * words.tokens);
  const { code, stderr } = await plan("--tokens", "20", "--seed", "words");
  assert.is(code, 2);
  assert.match(stderr, /--seed words: expected a prompt with it/);
});

test("a limit of the peak is enough, however large the product that is measured", async () => {
  const { bytes } = await json("--tokens", "20");
  const limited = await json("--tokens", "20", "--memory", `${bytes.peak}`);
  assert.is(limited.bytes.peak, bytes.peak);
  assert.ok(limited.rate > 0);
});

test("what does not fit is said with its bytes", async () => {
  const { code, stderr } = await plan("--tokens", "20", "--memory", "1000");
  assert.is(code, 1);
  assert.match(stderr, /a run with .*T = 20.*: expected at most .*raise --memory/);
});

test("one of prompt and tokens, and no more tokens than the context", async () => {
  assert.is((await plan("--tokens", "20", "--prompt", "a")).code, 2);
  assert.is((await plan("--tokens", "999999")).code, 2);
});

test.run();
