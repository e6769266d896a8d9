// Do the parts of a family sum to its state, and is what the model adds of itself in `bias`? On a tiny config of its own with
// random weights: by the evaluator, and on a device, whose parts must be the evaluator's.
import {
  type Backend,
  type Decomposed,
  decompose,
  findSite,
  type Graph,
  i32,
  leavesOf,
  orThrow,
  pack,
  partsName,
  reference,
  type Shape,
  share,
  showFaults,
  simplify,
  softmaxRule,
  type Tensor,
  type Tensors,
  tensor,
  toF64,
  tokenSeed,
  weightsOf,
} from "@depass/graph";
import { close, noise } from "@depass/graph/testing";
import { type Architecture, architectureOf, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { openBackend } from "../../src/backends.ts";
import { decoder } from "../../src/decoder.ts";

/** Gains around 1, shifts and biases around 0, matrices whose products keep their size. */
const valueOf = (name: string, shape: Shape): ((i: number) => number) => {
  const own = [...name].reduce((h, letter) => (31 * h + letter.charCodeAt(0)) % 65521, 7);
  if (shape.length > 1) return (i) => (2 * noise(i, own)) / Math.sqrt(shape.at(-1) as number);
  const gain = /(norm|ln_\w)\.weight$/.test(name) ? 1 : 0;
  return (i) => gain + 0.5 * noise(i, own);
};

export const randomWeights = (graph: Graph): Tensors =>
  Object.fromEntries(
    leavesOf(graph).flatMap((leaf) => {
      if (leaf.op !== "weight") return [];
      const shape = leaf.params.shape as readonly number[];
      const value = valueOf(leaf.params.name, shape);
      const size = shape.reduce((a, b) => a * b, 1);
      return [
        [
          leaf.params.name,
          tensor(
            "f32",
            shape,
            Float32Array.from({ length: size }, (_, i) => value(i)),
          ),
        ],
      ];
    }),
  );

export const architectureFor = (config: unknown): Architecture => {
  const found = architectureOf(config, "config.json");
  if (E.isLeft(found)) throw new Error(showFaults(found.left));
  return found.right;
};

const run = async (backend: Backend, graph: Graph, weights: Tensors, inputs: Tensors): Promise<Tensors> => {
  const runner = await backend.prepare(graph, weightsOf(weights))().then(orThrow);
  const out = await runner.run(inputs)().then(orThrow);
  runner.dispose();
  return out;
};

const summed = (parts: Tensor): Tensor => {
  const [count, ...shape] = parts.shape as readonly [number, ...number[]];
  const data = toF64(parts);
  const size = data.length / count;
  const total = new Float64Array(size);
  data.forEach((x, i) => {
    total[i % size] = (total[i % size] as number) + x;
  });
  return tensor("f64", shape, total);
};

const partOf = (parts: Tensor, m: number): Float64Array => {
  const data = toF64(parts);
  const size = data.length / (parts.shape[0] as number);
  return data.subarray(m * size, (m + 1) * size);
};

const norm = (x: Float64Array): number => Math.hypot(...x);

/** The model with the parts of its last states, packed as programs run it. */
const decomposed = ({ normed }: Architecture): Decomposed => {
  const graph = { normed, last: findSite({ normed }, site.residFinal) as typeof normed };
  const found = orThrow(decompose(graph, { seed: tokenSeed(site.residPre(0)), rule: softmaxRule() }));
  const packed = pipe(simplify(share(found.graph)), E.chain(pack), orThrow);
  return { ...found, graph: packed };
};

const TOKENS = [1, 7, 3, 3, 0, 9];
export const inputs = { tokens: i32([TOKENS.length], TOKENS) };

/** Adds the tests of one family to a suite; `bias` says whether it has constants that parts meet. */
export const testLaw = (test: Test, name: string, config: unknown, { bias }: { readonly bias: boolean }): void => {
  const architecture = architectureFor(config);
  const { graph, layout } = decomposed(architecture);
  const weights = randomWeights(graph);
  const outputs = ["normed", "last"];
  const sums = (out: Tensors, rtol: number): void => {
    for (const x of outputs) {
      const [whole, parts] = [out[x] as Tensor, out[partsName(x)] as Tensor];
      close(summed(parts), whole, { rtol, of: "largest" });
      assert.is(parts.shape[0], TOKENS.length + (bias ? 2 : 1));
    }
  };
  const expected = run(reference, graph, weights, inputs);

  test(`${name}: parts sum to the state, by the evaluator`, async () => sums(await expected, 1e-9));

  test(`${name}: ${bias ? "the constants are in the part `bias`" : "there is no part `bias`"}`, async () => {
    assert.is(layout.bias !== undefined, bias);
    if (!bias) return;
    const { "last.parts": parts, last } = await expected;
    const share = norm(partOf(parts as Tensor, TOKENS.length)) / norm(toF64(last as Tensor));
    assert.ok(share > 0.05, `the part bias has ${share} of the state`);
  });

  test(`${name}: the logits behind a text in pieces are those behind it at once`, async () => {
    const model = {
      architecture,
      weights: weightsOf(randomWeights({ logits: architecture.unembed(architecture.normed) })),
    };
    const behind = async (pieces: readonly (readonly number[])[], cache: boolean): Promise<Tensor> => {
      const ready = await decoder(model, reference, { cache })().then(orThrow);
      const text = ready.start();
      let logits: ArrayLike<number> = [];
      for (const ids of pieces) logits = await text.read(ids)().then(orThrow);
      ready.dispose();
      return tensor("f64", [logits.length], Float64Array.from(logits));
    };
    const whole = await behind([TOKENS], false);
    for (const cuts of [[1, 2, 3, 4, 5], [2], [4, 5]]) {
      const pieces = [0, ...cuts].map((from, i) => TOKENS.slice(from, cuts[i]));
      close(await behind(pieces, true), whole, { rtol: 1e-9, of: "largest" });
    }
  });

  for (const device of ["webgpu", "cpu"] as const)
    test(`${name}: parts sum to the state on ${device}, and are the evaluator's`, async () => {
      const opened = await openBackend({ backend: device })();
      if (E.isLeft(opened)) return console.log(`skipped: ${name} on ${device}: ${showFaults(opened.left)}`);
      const { backend } = opened.right;
      const out = await run(backend, graph, weights, inputs);
      await backend.close();
      sums(out, 1e-5);
      for (const x of [...outputs, ...outputs.map(partsName)])
        close(out[x] as Tensor, (await expected)[x] as Tensor, { rtol: 2e-5, of: "largest" });
    });
};
