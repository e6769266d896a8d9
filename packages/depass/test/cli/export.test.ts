import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { called } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("depass export");
let [model, folder] = ["", ""];
test.before(async () => {
  model = await newFolder();
  folder = await newFolder();
  await writeCheckpoint(model);
});
test.after(async () => {
  await remove(model);
  await remove(folder);
});

const place = (name: string): string => join(folder, name);
const exporting = (...args: readonly string[]) => called(["export", "--model", model, ...args]);

test("the forward pass, and a report of it", async () => {
  const { code, stdout, stderr } = await exporting("--out", place("a.onnx"));
  assert.is(code, 0, stderr);
  assert.is(stderr, "");
  assert.match(stdout, /^wrote {4}.*a\.onnx {2}.*B\nwrote {4}.*a\.onnx\.data {2}.*B\n/);
  assert.match(stdout, "inputs   tokens  int32    [T]\noutputs  logits  float32  [T, 265]\n");
  assert.match(stdout, /session = onnxruntime\.InferenceSession\(".*a\.onnx"\)/);
  assert.ok((await readFile(place("a.onnx.data"))).length > 265 * 16 * 4);
});

test("every state is an output when asked for", async () => {
  const { stdout } = await exporting("--out", place("states.onnx"), "--states", "--json");
  const { outputs } = JSON.parse(stdout) as { outputs: readonly { name: string; shape: readonly unknown[] }[] };
  assert.equal(outputs[0]?.shape, ["T", 265]);
  for (const name of ["layers.0.resid_pre", "layers.1.mlp.post", "ln_final"])
    assert.ok(
      outputs.some((o) => o.name === name),
      name,
    );
});

test("the decomposition, by the method that is asked for", async () => {
  const { code, stdout } = await exporting(
    ...["--out", place("b.onnx"), "--decomposed", "--from", "1", "--temperature", "0.5", "--special", "keep", "--json"],
  );
  assert.is(code, 0);
  const { files, outputs, metadata } = JSON.parse(stdout);
  assert.equal(
    files.map((f: { path: string }) => f.path),
    [place("b.onnx"), place("b.onnx.data")],
  );
  assert.equal(outputs[1], { name: "scores", dtype: "f32", shape: ["T+1", 1, 265] });
  assert.is(metadata["depass.seed"], "token from layers.1.resid_pre");
  assert.is(metadata["depass.rule"], "softmax 0.5, special token kept");
});

test("files that are there stay, unless --force", async () => {
  await writeFile(place("c.onnx"), "mine");
  const { code, stdout, stderr } = await exporting("--out", place("c.onnx"));
  assert.is(code, 1);
  assert.is(stdout, "");
  assert.match(stderr, /^depass: .*c\.onnx: expected a name that is free, got a file that is there; .* with force\n$/);
  assert.is(await readFile(place("c.onnx"), "utf8"), "mine");
  assert.is((await exporting("--out", place("c.onnx"), "--force")).code, 0);
  assert.not.ok((await readdir(folder)).some((name) => name.endsWith(".tmp")));
});

const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [[], /^depass: --out: expected a name that ends in \.onnx, got none; give one/],
  [["--out", "a.bin"], /argument 'a\.bin' is invalid\. Expected a name that ends in \.onnx/],
  [["--out", "a.onnx", "--from", "1"], /^depass: --from: expected --decomposed with it, got none\n$/],
  [["--out", "a.onnx", "--decomposed", "--from", "2"], /expected a layer of this model, 0 to 1, got 2\n$/],
  [["--out", "a.onnx", "--decomposed", "--states"], /cannot be used with/],
];

test("a wrong call has status 2", async () => {
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await exporting(...args);
    assert.is(code, 2, args.join(" "));
    assert.is(stdout, "");
    assert.match(stderr, message);
  }
});

test.run();
