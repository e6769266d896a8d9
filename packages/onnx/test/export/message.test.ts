// What a reader of the file finds: names, sizes, where the weights lie.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { at, attention, embedding, f32, gatedMlp, input, linear, neg, residual, tensor, weight } from "@depass/graph";
import { flow, pipe } from "fp-ts/lib/function.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type DecodedModel, decodeModel } from "../decode.ts";
import { exported, newFolder, remove } from "../files.ts";

const test = suite("export/message");
let folder = "";
test.before(async () => {
  folder = await newFolder();
});
test.after(() => remove(folder));

const D = 32;
const w = (name: string, ...shape: readonly number[]) => weight(name, shape);
const bare = (name: string, outs: number, ins: number) => ({ weight: w(name, outs, ins) });

const model = pipe(
  embedding(w("embed", 7, D), input("tokens", ["T"], "i32")),
  at("entry"),
  residual(
    attention({
      tokens: "T",
      heads: 2,
      headWidth: D / 2,
      q: bare("q", D, D),
      k: bare("k", D, D),
      v: bare("v", D, D),
      o: bare("o", D, D),
      site: "z",
    }),
    { stream: "middle" },
  ),
  residual(
    flow(gatedMlp({ activation: "silu", gate: bare("gate", D, D), up: bare("up", D, D), down: bare("down", D, D) })),
  ),
  linear(w("head", 7, D)),
);

const names = ["embed", "q", "k", "v", "o", "gate", "up", "down", "head"];
const rowsOf = (name: string): number => (name === "embed" || name === "head" ? 7 : D);
const weights = Object.fromEntries(
  names.map((name, n) => {
    const shape = [rowsOf(name), D];
    const length = rowsOf(name) * D;
    return [
      name,
      n % 2 === 0
        ? tensor("bf16", shape, new Uint16Array(length).fill(n))
        : f32(shape, new Float32Array(length).fill(n)),
    ];
  }),
);

const written = async (): Promise<readonly [DecodedModel, Uint8Array]> => {
  const path = join(folder, "model.onnx");
  await exported({ logits: model, entry: neg(input("x", ["T"])) }, weights, path, {
    metadata: { "depass.seed": "none" },
  });
  return [decodeModel(await readFile(path)), await readFile(`${path}.data`)];
};

test("versions, metadata, inputs and outputs with their symbols", async () => {
  const [found] = await written();
  assert.is(found.irVersion, 9);
  assert.equal(found.opsets, { "": 18 });
  assert.equal(found.metadata, { "depass.format": "1", "depass.seed": "none" });
  assert.equal(found.inputs, ["tokens 6 [T]", "x 1 [T]"]);
  assert.equal(found.outputs, ["logits 1 [T, 7]", "entry 1 [T]"]);
  assert.ok(found.nodes.every((n) => n.domain === ""));
});

test("every value has one name; sites keep theirs, the rest is called after the place it is on the way to", async () => {
  const [{ nodes, inputs, initializers }] = await written();
  const values = nodes.flatMap((n) => n.outputs);
  const given = [...inputs.map((i) => i.split(" ")[0] as string), ...initializers.map((i) => i.name)];
  const everything = [...values, ...given];
  assert.is(new Set(everything).size, everything.length);
  assert.is(new Set(nodes.map((n) => n.name)).size, nodes.length);
  const known = new Set(given);
  for (const n of nodes) {
    assert.ok(
      n.inputs.every((x) => known.has(x)),
      `${n.name} reads what comes later`,
    );
    for (const x of n.outputs) known.add(x);
  }
  for (const site of ["z", "middle", "entry", "entry.2"])
    assert.ok(values.includes(site) || given.includes(site), site);
  assert.ok(nodes.some((n) => n.opType === "Exp" && n.name.startsWith("Exp z/")));
  assert.ok(nodes.some((n) => n.opType === "Shape" && n.outputs[0] === "size/T" && n.inputs[0] === "tokens"));
});

test("weights lie one after the other, each from a page of its own on, and are cast once", async () => {
  const [{ initializers, nodes }, data] = await written();
  const found = initializers.filter((i) => names.includes(i.name));
  assert.equal(new Set(found.map((i) => i.name)), new Set(names));
  let end = 0;
  for (const { name, dataType, external } of found) {
    const { dtype, data: own } = weights[name] as (typeof weights)[string];
    const [offset, length] = [Number(external.offset), Number(external.length)];
    assert.is(dataType, dtype === "bf16" ? 16 : 1);
    assert.is(external.location, "model.onnx.data");
    assert.is(offset, Math.ceil(end / 4096) * 4096);
    assert.equal(data.subarray(offset, offset + length), Buffer.from(own.buffer), name);
    assert.is(nodes.filter((n) => n.opType === "Cast" && n.inputs[0] === name).length, dtype === "bf16" ? 1 : 0);
    end = offset + length;
  }
  assert.is(data.length, end);
});

test.run();
