import { suite } from "uvu";
import * as assert from "uvu/assert";
import { called } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("depass show");
let model = "";
test.before(async () => {
  model = await newFolder();
  await writeCheckpoint(model);
});
test.after(() => remove(model));

const show = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await called(["show", "--model", model, ...args]);
  assert.is(stderr, "");
  assert.is(code, 0);
  return stdout;
};

test("the model's graph, and the names of its places", async () => {
  const text = await show();
  assert.match(text, /^%\d+ = weight model\.embed_tokens\.weight {2}\[265, 16\]$/m);
  assert.match(text, /@ layers\.1\.mlp\.post$/m);
  assert.match(text, /\noutputs logits: %\d+\n$/);
  const sites = (await show("--sites")).trimEnd().split("\n");
  assert.is(sites[0], "layers.0.resid_pre");
  assert.ok(sites.includes("layers.1.mlp.post") && sites.includes("ln_final"));
});

test("the decomposed graph, with how faithful each twin is", async () => {
  const text = await show("--decomposed", "--from", "1", "--temperature", "0.5", "--special", "keep");
  assert.match(text, /split .*temperature 0\.5, special keep/);
  assert.match(text, /@ layers\.1\.resid_pre\.parts$/m);
  assert.not.match(text, /layers\.0\.resid_mid\.parts/);
  assert.match(text, /^twins \(\d+\)$/m);
  assert.match(text, /^rule +gated +@ layers\.1\.mlp\.post$/m);
  assert.match(text, /^frozen +attend +@ layers\.1\.attn\.z$/m);
});

test("the packed graph has the rows of causal parts only", async () => {
  const text = await show("--packed");
  assert.match(text, /seedRows/);
  assert.match(text, /outputs (?=.*logits: %\d+)(?=.*normed\.parts: %\d+)/);
});

test("the plan, with bytes at a prompt length", async () => {
  const text = await show("--plan");
  assert.match(text, /^steps \(\d+\)$/m);
  assert.not.match(text, /together/);
  const sized = await show("--plan", "--tokens", "10");
  assert.match(sized, /\nweights .*, one run .*, together .*\n$/);
});

test("one step's kernel by number, by name and by a part of its name", async () => {
  const step = /^(\d+): b\d+ = (splitRows at layers\.0\.mlp\.post\.parts) /m.exec(await show("--plan"));
  const [, number = "", name = ""] = step ?? [];
  const text = await show("--kernel", number);
  assert.match(text, new RegExp(`^// step ${number}: ${name}, kernel `));
  assert.match(text, /^\/\/ binding 0: read b\d+ /m);
  assert.match(text, /^\/\/ workgroups: /m);
  assert.match(text, /@compute @workgroup_size/);
  assert.is(await show("--kernel", name), text);
  assert.is(await show("--kernel", "splitRows at layers.0"), text);
});

const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [["--kernel", "99999"], /^depass: --kernel: expected a step from 0 to \d+, got 99999\n$/],
  [["--kernel", "fft"], /expected the number or the name of one step, got 'fft', which none has/],
  [["--kernel", "layers.0"], /got 'layers\.0', which is in \d+ .*; see depass show --plan/],
  [["--packed", "--from", "2"], /^depass: --from: expected a layer of this model, 0 to 1, got 2\n$/],
];

test("what is not there has status 2", async () => {
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await called(["show", "--model", model, ...args]);
    assert.is(code, 2, args.join(" "));
    assert.is(stdout, "");
    assert.match(stderr, message);
  }
});

test.run();
