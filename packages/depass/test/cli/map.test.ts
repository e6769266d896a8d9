import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Call, called, depass, type Ended } from "../run.ts";
import { newFolder, PARIS, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("depass map");
let model = "";
test.before(async () => {
  model = await newFolder();
  await writeCheckpoint(model);
});
test.after(() => remove(model));

/** Within this process, unless the call needs one of its own. */
const map = (args: readonly string[], call?: Call): Promise<Pick<Ended, "code" | "stdout" | "stderr">> => {
  const all = ["map", "--model", model, "--backend", "reference", ...args];
  return call === undefined ? called(all) : depass(all, call);
};

type Json = {
  readonly backend: string;
  readonly rule: string;
  readonly mode: string;
  readonly target: { readonly id: number };
  readonly foils?: readonly unknown[];
  readonly heads: readonly (readonly number[])[];
  readonly attention: readonly number[];
  readonly mlp: readonly number[];
  readonly all?: { readonly neurons: readonly (readonly number[])[] };
  readonly gap: number;
};

const json = async (...args: readonly string[]): Promise<Json> => {
  const { code, stdout, stderr } = await map(["--prompt", "on the", "--json", ...args]);
  assert.is(stderr, "");
  assert.is(code, 0);
  assert.is(stdout.trimEnd().split("\n").length, 1);
  return JSON.parse(stdout) as Json;
};

test("--json: one object with a score for every head and module of every layer", async () => {
  const found = await json("--target", " Paris");
  assert.equal(
    [found.backend, found.rule, found.mode, found.target.id],
    ["reference", "softmax 0.1", "forward", PARIS],
  );
  assert.equal(
    found.heads.map((row) => row.length),
    [2, 2],
  );
  assert.equal([found.attention.length, found.mlp.length], [2, 2]);
  assert.ok(found.gap < 1e-9);
  assert.is(found.all, undefined);
});

test("rule, temperature and foil tell; taylor also has every neuron", async () => {
  const usual = await json("--target", " Paris");
  assert.not.equal((await json("--target", " Paris", "--temperature", "2")).heads, usual.heads);
  const than = await json("--target", " Paris", "--foil", " the");
  assert.is(than.foils?.length, 1);
  assert.not.equal(than.heads, usual.heads);
  const backwards = await json("--target", " Paris", "--rule", "taylor");
  assert.equal([backwards.mode, backwards.all?.neurons.map((row) => row.length)], ["adjoint", [24, 24]]);
});

test("for people: the strongest heads and modules with bars; a coloured map where there are colours", async () => {
  const plain = await map(["--prompt", "on the", "--top", "3"]);
  assert.is(plain.stderr, "");
  assert.is(plain.code, 0);
  assert.match(plain.stdout, /^the 3 strongest of 4 heads\n# {2}head .*\n1 {2}L\dH\d .*[█▌▐]/m);
  assert.match(plain.stdout, /^the 3 strongest of 4 modules\n# {2}module .*\n1 {2}L\d (attention|MLP) /m);
  assert.match(
    plain.stdout,
    /^method {3}rule softmax 0\.1; heads, attention and MLP of every layer from one forward pass/m,
  );
  assert.not.ok(plain.stdout.includes("\x1b") || plain.stdout.includes("attn"));
  const coloured = await map(["--prompt", "on the"], { env: { FORCE_COLOR: "3" } });
  assert.match(coloured.stdout, /layer {3}0 {2}1 {3}attn {2}mlp/);
  assert.match(coloured.stdout, /heads .*opposes/);
  const neurons = await map(["--prompt", "on the", "--rule", "taylor", "--top", "2"]);
  assert.match(neurons.stdout, /^the 2 strongest of 48 neurons\n# {2}neuron .*\n1 {2}L\dN\d/m);
});

test("a wrong call says what is wrong", async () => {
  const target = await map(["--prompt", "on the", "--target", "no such token"]);
  assert.is(target.stdout, "");
  assert.is.not(target.code, 0);
  assert.match(target.stderr, "depass: target");
  const memory = await map(["--prompt", "on the", "--memory", "1GiB"]);
  assert.match(memory.stderr, "--memory");
  const top = await map(["--prompt", "on the", "--top", "0"]);
  assert.match(top.stderr, "a number from 1 on");
});

test.run();
