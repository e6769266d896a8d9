// Weights in blocks give what the same weights give as f32, bit by bit, wherever a graph reads them.
import * as g from "@depass/graph";
import { noise } from "@depass/graph/testing";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { groupBytes, grouped } from "../src/blocks.ts";
import { forgetPeak, peakBytes, usedBytes } from "../src/buffer.ts";
import type { Device } from "../src/device.ts";
import { arrangedFor, type PrepareOptions, planFor } from "../src/device-plan.ts";
import { foresee } from "../src/foresee.ts";
import { lowerings } from "../src/lower.ts";
import { weightBytes, weightTypes } from "../src/memory-plan.ts";
import { prepareOn } from "../src/run.ts";
import { leastWeights } from "../src/stages.ts";
import { perIndex } from "../src/wgsl/invocation.ts";
import { load, type Operand } from "../src/wgsl/operand.ts";
import { devices, must, runKernel } from "./gpu.ts";
import { bothWays, formats, packed, randomBlocks, unpacked } from "./quantised.ts";

const test = suite("blocks");

const numbers = (n: number, seed: number): Float32Array => Float32Array.from({ length: n }, (_, i) => noise(i, seed));

/** The bits, a zero without its sign. */
const bits = (x: g.TensorData): readonly number[] => [...new Uint32Array(Float32Array.from(x, (v) => v + 0).buffer)];

const forDevice = (format: g.BlockFormat, bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  g.orThrow(grouped("a weight", format, (bytes.length / g.blockBytes[format]) * 32, bytes)) as Uint8Array<ArrayBuffer>;

for (const device of devices)
  for (const format of formats)
    test(`${format}: every value is the host's, whatever the scale (${device.toggles} toggles)`, async () => {
      for (const blocks of [1, 2, 7, 400]) {
        const bytes = randomBlocks(format, blocks * 32, blocks);
        const operand: Operand = { dtype: format, shape: [blocks * 32] };
        const copy = perIndex(
          "copy",
          blocks * 32,
          [operand],
          ([x0]) => `  out[i] = ${load(x0 as string, operand, "i")};`,
        );
        const out = await runKernel(device, copy, [forDevice(format, bytes)], blocks * 32);
        assert.equal(bits(out), bits(unpacked(format, bytes)));
      }
    });

test("blocks that are not what they are said to be are refused", () => {
  const bytes = randomBlocks("q4_1", 96, 1);
  const refused = (format: g.BlockFormat, values: number, given: Uint8Array): string =>
    pipe(
      grouped("weight w", format, values, given),
      E.match(g.showFaults, () => "taken"),
    );
  assert.is(refused("q4_1", 96, bytes), "taken");
  assert.match(refused("q4_1", 128, bytes), /weight w: expected 80 bytes of q4_1, as described, got 60/);
  assert.match(refused("q8_0", 96, bytes), /expected 102 bytes of q8_0/);
  for (const at of [41, 43]) {
    const endless = bytes.slice();
    endless[at] = 0xfc;
    assert.match(refused("q4_1", 96, endless), /expected finite scales, got none in block 2; the file is damaged/);
  }
  const nan = randomBlocks("q8_0", 64, 1);
  nan[35] = 0x7e;
  assert.match(refused("q8_0", 64, nan), /none in block 1/);
});

const [T, D, N] = [5, 64, 96];
const x = g.input("x", ["T", D]);
const [tokens, chosen] = [g.input("tokens", ["T"], "i32"), g.input("chosen", ["T", 2], "i32")];
const inputs = {
  x: g.f32([T, D], numbers(T * D, 1)),
  tokens: g.i32([T], [0, 95, 3, 3, 64]),
  chosen: g.i32([T, 2], [0, 1, 3, 2, 1, 1, 2, 0, 3, 3]),
};
const [map, other] = [g.weight("map", [N, D]), g.weight("other", [N, D])];
const [wide, cube] = [g.weight("wide", [D, N]), g.weight("cube", [4, D, D])];

/** Places where kernels read a weight, by what reads it. */
const readers: g.Graph = {
  linear: g.linear(map)(x),
  "linear of one row": g.linear(map)(g.slice(-2, 0, 1)(x)),
  "linear of a weight": g.linear(map)(other),
  "linear and a residual": g.add(g.linear(map)(x), g.linear(other)(x)),
  matmul: g.matmul(x, wide),
  "matmul from the left": g.matmul(map, g.transpose([-1, -2])(x)),
  "batched matmul": g.matmul(x, cube),
  gather: g.gather(-2, tokens)(map),
  "gather of columns": g.gather(-1, tokens)(wide),
  "element-wise": g.tanh(g.add(g.mul(map, 3), other)),
  sum: g.sum(-1)(map),
  "sum along": g.sum(-2)(map),
  softmax: g.softmax(map),
  rmsNorm: g.rmsNorm(g.reshape(2, [D])(g.sum(-2)(map)), 1e-5)(other),
  "to experts": g.toExperts(cube, chosen)(x),
  "from experts": g.fromExperts(cube, chosen)(g.concat(-1, x, x)),
  tied: g.linear(map)(g.gather(-2, tokens)(map)),
  "laid out anew": g.linear(g.transpose([-1, -2])(wide))(x),
  itself: map,
  "another shape of itself": g.reshape(2, [N * D])(other),
};

const outputsOn = async (device: Device, graph: g.Graph, weights: g.Weights): Promise<g.Tensors> => {
  const runner = await must(prepareOn(device, graph, weights));
  const out = await must(runner.run(inputs));
  runner.dispose();
  return out;
};

const sameBits = (a: g.Tensors, b: g.Tensors, names: readonly string[]): void => {
  for (const name of names)
    assert.equal(bits(a[name]?.data as g.TensorData), bits(b[name]?.data as g.TensorData), name);
};

for (const device of devices.slice(0, 1))
  for (const format of formats)
    test(`${format}: every reader of a weight gives the same bits (${device.toggles} toggles)`, async () => {
      const shapes = { map: [N, D], other: [N, D], wide: [D, N], cube: [4, D, D] };
      const { blocks, values } = bothWays(
        Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, packed(format, shape, 7 * i)])),
      );
      for (const [name, output] of Object.entries(readers)) {
        const graph = { [name]: output, x, tokens, chosen };
        sameBits(await outputsOn(device, graph, blocks), await outputsOn(device, graph, values), [name]);
      }
      assert.is(usedBytes(device), 0);
    });

test("a weight stays in blocks unless its numbers themselves are wanted", () => {
  const [device] = devices;
  if (device === undefined) return;
  const { blocks } = bothWays({ map: packed("q8_0", [N, D], 1), other: packed("q4_1", [N, D], 2) });
  const typesOf = (graph: g.Graph, own: PrepareOptions = {}): Readonly<Record<string, number>> =>
    weightTypes(g.orThrow(planFor(device, g.orThrow(arrangedFor(graph, blocks)), own)));
  const y = g.linear(map)(g.linear(g.transpose([-1, -2])(other))(g.input("z", ["T", N])));
  assert.equal(typesOf({ y: g.add(g.linear(map)(x), g.linear(other)(x)) }), {
    q8_0: (N * D * 34) / 32,
    q4_1: (N * D * 20) / 32,
  });
  assert.equal(typesOf({ y: g.linear(map)(x), map }), { f32: N * D * 4 }, "an output");
  assert.equal(typesOf({ y }), { q8_0: (N * D * 34) / 32, f32: N * D * 4 }, "laid out anew");
  const own: PrepareOptions = { lowerings: { softmax: (n, c) => lowerings.softmax?.(n, c) ?? g.internal("no row") } };
  assert.equal(typesOf({ y: g.softmax(map) }, own), { f32: N * D * 4 }, "a kernel of the user's");
  assert.is(groupBytes("q4_0", 32), 36);
});

for (const device of devices)
  test(`blocks come and go within a limit, as planned, and change no bit (${device.toggles} toggles)`, async () => {
    const layers = [0, 1, 2, 3, 4, 5];
    const { blocks, values } = bothWays(
      Object.fromEntries(layers.map((l) => [`w${l}`, packed(formats[l % 3] as g.BlockFormat, [D, D], l)])),
    );
    const graph = { y: layers.reduce<g.Expr>((y, l) => g.tanh(g.linear(g.weight(`w${l}`, [D, D]))(y)), x) };
    const wanted = await must(prepareOn(device, graph, values));
    const expected = await must(wanted.run({ x: inputs.x }));
    wanted.dispose();
    const p = g.orThrow(planFor(device, g.orThrow(arrangedFor(graph, blocks)), {}));
    const { activations } = g.orThrow(foresee(device, graph, blocks, { T }));
    for (const weights of [leastWeights(p), leastWeights(p) + 3000, weightBytes(p)]) {
      const limited = { ...device, budgetBytes: weights + activations };
      const { peak } = g.orThrow(foresee(limited, graph, blocks, { T }));
      forgetPeak(device);
      const runner = await must(prepareOn(limited, graph, blocks));
      const got = await must(runner.run({ x: inputs.x }));
      assert.ok(peakBytes(device) <= peak && peak <= limited.budgetBytes, `${peakBytes(device)} of ${peak}`);
      sameBits(got, expected, ["y"]);
      runner.dispose();
    }
    assert.is(usedBytes(device), 0);
  });

test("blocks that a file no longer has are a fault that names the weight", async () => {
  const [device] = devices;
  if (device === undefined) return;
  const { blocks } = bothWays({ map: packed("q8_0", [N, D], 1) });
  const graph = { y: g.linear(map)(x) };
  const short: g.Weights = { ...blocks, blocks: () => ({ format: "q8_0", read: TE.right(new Uint8Array(34)) }) };
  const failed = await prepareOn(device, graph, short)();
  assert.ok(E.isLeft(failed));
  assert.match(g.showFaults(failed.left), /weight map: expected 6528 bytes of q8_0, as described, got 34/);
  assert.is(usedBytes(device), 0);
});

test.run();
