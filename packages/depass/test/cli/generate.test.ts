import { suite } from "uvu";
import * as assert from "uvu/assert";
import { called, depass } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("depass generate");
let model = "";
test.before(async () => {
  model = await newFolder();
  await writeCheckpoint(model);
});
test.after(() => remove(model));

const generate = (...args: readonly string[]) =>
  called(["generate", "--model", model, "--backend", "cpu", "--prompt", "on the Paris", ...args]);

type Json = {
  readonly text: string;
  readonly prompt: string;
  readonly finish: string;
  readonly generated: readonly { readonly id: number; readonly text: string }[];
  readonly explanation?: { readonly tokens: readonly { readonly scores: readonly number[]; readonly gap: number }[] };
  readonly citation?: { readonly text: string; readonly sources: readonly unknown[] };
};

test("--json: one object with text, tokens, explanation and citation", async () => {
  const { code, stdout, stderr } = await generate("--max-tokens", "4", "--json", "--explain");
  assert.is(stderr, "");
  assert.is(code, 0);
  assert.is(stdout.trimEnd().split("\n").length, 1);
  const found = JSON.parse(stdout) as Json;
  assert.is(found.prompt, "on the Paris");
  assert.is(found.finish, "tokens");
  assert.is(found.generated.map((t) => t.text).join(""), found.text);
  assert.equal(
    found.explanation?.tokens.map((t) => t.scores.length),
    [4, 5, 6, 7],
  );
  const cited = await generate("--max-tokens", "4", "--json", "--cite", found.text, "--by", "token");
  assert.is((JSON.parse(cited.stdout) as Json).citation?.text, found.text);
  assert.is((JSON.parse(cited.stdout) as Json).citation?.sources.length, 4);
});

test("for people: the text, a line for each token, what was used", async () => {
  const { code, stdout } = await generate("--max-tokens", "3", "--explain");
  assert.is(code, 0);
  assert.match(stdout, /^3 tokens \(as many as wanted\) in .* tokens a second; cpu on /m);
  assert.match(
    stdout,
    /^rule softmax 0\.1; seed token from layers\.0\.resid_pre; largest relative gap .*; explained in /m,
  );
  assert.not.ok(stdout.includes("\x1b"));
});

test("another rule and level, with names that sampling leaves", async () => {
  const method = ["--explain", "--parts", "head", "--from", "1", "--rule", "softmax", "--rule-temperature", "2"];
  const { code, stdout, stderr } = await generate("--max-tokens", "2", "--temperature", "1", "--seed", "3", ...method);
  assert.is(stderr, "");
  assert.is(code, 0);
  assert.match(stdout, /L1H[01] -?\d/);
  assert.match(stdout, /^rule softmax 2; seed heads of layer 1;/m);
});

test("--foil: why this token and not that one, the likeliest other one, or another at a place", async () => {
  const asked = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await generate("--max-tokens", "3", "--explain", "--json", ...args);
    assert.equal([stderr, code], ["", 0]);
    type Told = { explained: number; logit: number; total: number; foils?: { id: number; logit: number }[] };
    return (JSON.parse(stdout) as { explanation: { tokens: Told[] } }).explanation.tokens;
  };
  const ids = (all: Awaited<ReturnType<typeof asked>>) => all.map(({ foils = [] }) => foils.map(({ id }) => id));
  assert.equal(ids(await asked("--foil", "#7")), [[7], [7], [7]]);
  assert.equal(ids(await asked("--foil-at", "5=#7", "--foil-at", "5=#9")), [[], [7, 9], []]);
  const next = await asked("--foil");
  for (const { explained, logit, total, foils } of next) {
    assert.ok(explained > 0 && Math.abs(explained - (logit - (foils?.[0]?.logit ?? 9))) < 1e-5, "of a greedy text");
    assert.ok(Math.abs(total - explained) < 1e-4);
  }
  assert.equal(ids(await asked("--foil", "--foil-at", "4=#7"))[0], [7]);
  const { stdout } = await generate("--max-tokens", "2", "--explain", "--foil", "#7");
  assert.match(stdout, /^\S* not \S+ +-?\d+\.\d\d {2}/m);
  assert.match(stdout, /; differences of logits; largest relative gap/);
  const csv = await generate("--max-tokens", "1", "--explain", "--foil", "#7", "--format", "csv", "--parts", "head");
  assert.match(csv.stdout, /^position,token,foil,from,part,score\r?\n4,[^\n]*#7\)"?,0,L0 resid_pre,/);
});

test("--special: the first new token's scores are those of attribute, with the special token kept and without", async () => {
  const firstScores = async (...args: readonly string[]) => {
    const { stdout } = await generate("--max-tokens", "1", "--explain", "--json", ...args);
    const { generated, explanation } = JSON.parse(stdout) as Json;
    return { id: generated[0]?.id, scores: explanation?.tokens[0]?.scores ?? [] };
  };
  const { id, scores } = await firstScores("--special", "keep");
  const wanted = async (special: string): Promise<readonly number[]> => {
    const asked = ["--prompt", "on the Paris", "--target", `#${id}`, "--special", special, "--json"];
    const { stdout } = await called(["attribute", "--model", model, "--backend", "reference", ...asked]);
    const { parts } = JSON.parse(stdout) as { parts: readonly { readonly score: number }[] };
    return parts.slice(0, -2).map((part) => part.score);
  };
  const far = (a: readonly number[], b: readonly number[]) => Math.max(...a.map((x, i) => Math.abs(x - (b[i] ?? 9))));
  const [kept, ignored] = [await wanted("keep"), await wanted("ignore")];
  assert.ok(far(scores, kept) < 1e-4 && far(kept, ignored) > 1e-2, `${scores} and ${kept}, not ${ignored}`);
  assert.ok(far((await firstScores()).scores, ignored) < 1e-4);
  const alone = await generate("--max-tokens", "1", "--special", "keep");
  assert.match(alone.stderr, /^depass: --special: expected --explain, --cite or --report with it, got none of them/);
});

test("a seed draws the same again", async () => {
  const draw = async (seed: string): Promise<string> =>
    (JSON.parse((await generate("--max-tokens", "9", "--temperature", "2", "--seed", seed, "--json")).stdout) as Json)
      .text;
  assert.is(await draw("1"), await draw("1"));
  assert.is.not(await draw("1"), await draw("2"));
});

const faults: readonly (readonly [args: readonly string[], status: number, message: RegExp])[] = [
  [["--rule", "taylor"], 2, /^depass: --rule: expected --explain, --cite or --report with it/],
  [["--cite", "x", "--parts", "head"], 2, /^depass: --cite: expected --parts token with it/],
  [["--explain", "--from", "99"], 2, /^depass: --from: expected a layer of this model, 0 to 1/],
  [["--foil"], 2, /^depass: --foil: expected --explain, --cite or --report with it/],
  [["--explain", "--foil", "no such"], 1, /^depass: foil: expected/],
  [["--explain", "--foil-at", "here=x"], 2, /Expected the place of a new token/],
  [
    ["--explain", "--max-tokens", "2", "--foil-at", "3=#7"],
    2,
    /--foil-at: expected the place of a new token, 4 to 5, got 3/,
  ],
  [["--top-p", "0.5"], 2, /^depass: topP: expected a temperature above 0 with it/],
  [["--top-p", "2", "--temperature", "1"], 2, /Expected a number above 0, at most 1/],
  [["--max-tokens", "0"], 2, /Expected a number from 1 on/],
  [["--max-tokens", "2", "--cite", "never said"], 1, /expected text of the answer, got "never said"/],
  [["--by", "page"], 2, /Allowed choices are token, word, sentence/],
];
for (const [args, status, message] of faults)
  test(`${args.join(" ")} is a fault`, async () => {
    const { code, stderr } = await generate(...args, "--json");
    assert.match(stderr, message);
    assert.is(code, status);
  });

test("Ctrl-C ends it within a second, and says so", async () => {
  const big = await newFolder();
  await writeCheckpoint(big, { layers: 6, hidden: 256, heads: 4, mlp: 1024, context: 100_000 });
  let [asked, ended] = [0, 0];
  const args = ["generate", "--model", big, "--backend", "cpu", "--prompt", "on the", "--max-tokens", "90000"];
  const { code, stderr } = await depass(args, {
    watch: (child) => {
      child.stdout?.once("data", () => {
        asked = performance.now();
        child.kill("SIGINT");
      });
      child.once("close", () => {
        ended = performance.now();
      });
    },
  });
  await remove(big);
  assert.is(code, 130);
  assert.match(stderr, /^depass: stopped$/m);
  assert.ok(ended - asked < 1500, `${ended - asked} ms`); // a second, and what a process takes to end on a busy machine
});

test.run();
