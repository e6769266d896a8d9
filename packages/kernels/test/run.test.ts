import * as g from "@depass/graph";
import { cases, close, decompositions, noise } from "@depass/graph/testing";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { WebGpuBackend } from "../src/backend.ts";
import { usedBytes } from "../src/buffer.ts";
import type { Lowerings } from "../src/lower.ts";
import { fitLayout, planBytes } from "../src/memory-plan.ts";
import { elementwise } from "../src/wgsl/elementwise.ts";
import type { Operand } from "../src/wgsl/operand.ts";
import { open, sameOn } from "./backends.ts";
import { must } from "./gpu.ts";
import { planned } from "./planned.ts";
import { fuzz } from "./seed.ts";
import { encode, values } from "./wgsl/stored.ts";

const test = suite("run");

const x = g.input("x", ["T", 5]);
const w = g.weight("w", [3, 5]);
const y = g.exp(g.linear(w)(x));
const numbers = (n: number, seed = 0): Float32Array => Float32Array.from({ length: n }, (_, i) => noise(i, seed));
const given = (T: number): g.Tensors => ({ x: g.f32([T, 5], numbers(5 * T)), w: g.f32([3, 5], numbers(15, 1)) });
const faults = (result: E.Either<readonly g.Fault[], unknown>): string =>
  E.isLeft(result) ? g.showFaults(result.left) : (assert.unreachable("a value") ?? "");

const on = (name: string, body: (backend: WebGpuBackend) => Promise<unknown>): void => {
  for (const backend of backends)
    test(`${name} (${backend.device}, ${backend.gpu.toggles})`, async () => void (await body(backend)));
};

const backends = await open("runs");

for (const type of ["f32", "bf16", "f16"] as const)
  on(`weights stored as ${type}, odd numbers of them, are the numbers they stand for`, (backend) => {
    const stored = (shape: number[], seed: number): g.Tensor => {
      const { data } = encode(type, values(g.sizeOf(shape), seed));
      return g.tensor(type, shape, data as Float32Array | Uint16Array);
    };
    const b = g.weight("b", [3]);
    const graph = {
      product: g.linear(w)(x),
      added: g.add(g.linear(w)(x), b),
      normed: g.rmsNorm(b, 1e-5)(g.linear(w)(x)),
      ids: g.embedding(w, g.input("ids", ["P"], "i32")),
      plain: g.matmul(x, g.transpose([-1, -2])(w)),
      joined: g.concat(-1, b, b),
      w,
      fused: g.mul(g.exp(w), 0.5),
    };
    const tensors = { ...given(4), w: stored([3, 5], 1), b: stored([3], 2), ids: g.i32([2], [2, 0]) };
    return sameOn(backend, graph, tensors, {}, { rtol: 1e-6 });
  });

on("inputs of any type are the numbers they stand for", async (backend) => {
  const half = g.tensor("bf16", [1, 5], Uint16Array.of(0x3f80, 0x4000, 0xbf80, 0, 0x3f00));
  await sameOn(backend, { y: g.neg(x), x }, { x: half });
  await sameOn(backend, { y: g.neg(x) }, { x: g.tensor("f64", [1, 5], Float64Array.of(1, 2, 3, 4, 5)) });
  const ids = g.input("ids", ["T"], "i32");
  const columns = g.reshape(1, ["T", 1])(ids);
  await sameOn(
    backend,
    { y: g.linear(g.weight("v", [2, 1]))(columns), z: g.mul(ids, 0.5), ids },
    {
      ids: g.f32([3], [3, 0, 2]),
      v: g.i32([2, 1], [3, -4]),
    },
  );
});

on("infinities as constants, NaN where a computed index is out of range", async (backend) => {
  const masked = g.where(g.less(x, 0), Number.NEGATIVE_INFINITY, x);
  await sameOn(backend, { y: g.softmax(masked), most: g.maximum(x, Number.NEGATIVE_INFINITY), masked }, given(3));
  const index = g.sub(g.input("i", ["N"]), 1);
  await sameOn(backend, { y: g.gather(-1, index)(x) }, { ...given(2), i: g.f32([4], [0, 1, 5, 6]) });
});

on("one runner serves prompts of any length, one after the other", async (backend) => {
  const runner = await must(backend.prepare({ y }, g.weightsOf(given(1))));
  for (const T of [3, 1, 70, 3]) {
    const { x: prompt } = given(T);
    const got = await must(runner.run({ x: prompt as g.Tensor }));
    close(got.y as g.Tensor, g.orThrow(g.evaluate({ y }, given(T))).y as g.Tensor, { rtol: 1e-5 });
  }
  runner.dispose();
});

on("two runs at once do not mix", async (backend) => {
  const runner = await must(backend.prepare({ y }, g.weightsOf(given(1))));
  const [a, b] = await Promise.all([2, 9].map((T) => must(runner.run({ x: given(T).x as g.Tensor }))));
  for (const [T, got] of [[2, a] as const, [9, b] as const])
    close(got?.y as g.Tensor, g.orThrow(g.evaluate({ y }, given(T))).y as g.Tensor, { rtol: 1e-5 });
  runner.dispose();
});

on("every byte is given back: by dispose, twice, by a run that fails, by a preparation that fails", async (backend) => {
  const before = usedBytes(backend.gpu);
  const runner = await must(backend.prepare({ y }, g.weightsOf(given(1))));
  assert.is(usedBytes(backend.gpu), before + 60);
  await must(runner.run(given(2)));
  assert.is(usedBytes(backend.gpu), before + 60);
  assert.ok(E.isLeft(await runner.run({})()));
  runner.dispose();
  runner.dispose();
  assert.is(usedBytes(backend.gpu), before);
  assert.match(faults(await runner.run(given(2))()), "run: expected a runner that was not disposed of");
  const broken: g.Weights = { ...g.weightsOf(given(1)), read: () => TE.left([g.fault("io", "file", "bytes", "none")]) };
  assert.match(faults(await backend.prepare({ y }, broken)()), "file: expected bytes");
  await g.run(backend, y, given(2));
  assert.is(usedBytes(backend.gpu), before);
});

on("what does not fit is told before anything happens", async (backend) => {
  const { y: _, ...graph } = { y, z: g.linear(g.weight("v", [2, 3]))(y) };
  const missing = faults(await backend.prepare(graph, g.weightsOf({ w: g.f32([5, 3], numbers(15)) }))());
  assert.equal(missing.split("\n").sort(), [
    "weight v: expected a tensor [2, 3], got none",
    "weight w: expected [3, 5], got [5, 3]",
  ]);
  const runner = await must(
    backend.prepare({ y, e: g.embedding(w, g.input("ids", ["P"], "i32")) }, g.weightsOf(given(1))),
  );
  const { x: prompt } = given(2) as { readonly x: g.Tensor };
  const ids = g.i32([1], [0]);
  assert.match(faults(await runner.run({ x: prompt })()), "input ids: expected a tensor [P], got none");
  assert.match(faults(await runner.run({ x: g.f32([5], numbers(5)), ids })()), "input x: expected [T, 5]");
  assert.match(
    faults(await runner.run({ x: prompt, ids: g.i32([2], [1, 3]) })()),
    "input ids[1]: expected a whole number below 3",
  );
  assert.match(faults(await runner.run({ x: prompt, ids: g.i32([1], [-1]) })()), "got -1");
  assert.match(
    faults(await runner.run({ x: g.f32([0, 5], []), ids })()),
    "size T: expected a whole number of at least 1",
  );
  runner.dispose();
  const cut = await must(backend.prepare({ z: g.slice(-2, 0, 3)(x) }, g.weightsOf({})));
  assert.match(faults(await cut.run({ x: prompt })()), "the axis behind the slice T-3");
});

on("weights must be what was described", async (backend) => {
  const described = g.weightsOf(given(1));
  for (const other of [g.tensor("bf16", [3, 5], new Uint16Array(15)), g.f32([3, 5], [1])]) {
    const result = await backend.prepare({ y }, { ...described, read: () => TE.right(other) })();
    assert.match(faults(result), "weight w: expected [3, 5] in f32, as described");
  }
});

on("an abort is answered, before and between the steps", async (backend) => {
  const layers = Array.from({ length: 40 }, (_, l) => g.weight(`w${l}`, [5, 5])).reduce((z, m) => g.linear(m)(z), x);
  const tensors = Object.fromEntries(Array.from({ length: 40 }, (_, l) => [`w${l}`, g.f32([5, 5], numbers(25, l))]));
  const before = usedBytes(backend.gpu);
  assert.match(
    faults(await backend.prepare({ layers }, g.weightsOf(tensors), { signal: { aborted: true } })()),
    "abort",
  );
  const runner = await must(backend.prepare({ layers }, g.weightsOf(tensors)));
  const signal = { aborted: false };
  const seen: number[] = [];
  const progress = ({ done, total }: g.Progress): void => {
    seen.push(done);
    assert.is(total, 40);
    signal.aborted = done >= 16;
  };
  assert.match(
    faults(await runner.run(given(2), { signal, progress })()),
    "run: expected to finish, got an abort signal",
  );
  assert.ok(seen.length > 1 && Math.max(...seen) < 40);
  await must(runner.run(given(2)));
  runner.dispose();
  assert.is(usedBytes(backend.gpu), before);
});

on("closed tables, outputs under two names, inputs as outputs", (backend) => {
  const table = g.cos(g.iota("T"));
  const z = g.mul(x, g.reshape(1, ["T", 1])(table));
  return sameOn(
    backend,
    { z, again: z, flat: g.reshape(2, [g.times("T", 5)])(z), x, table, sum: g.add(g.iota("T"), 1) },
    given(3),
  );
});

on("the promise form runs every sample twice in a row alike", async (backend) => {
  for (const { graph, tensors, sizes } of cases.filter((c) => c.op === "split" && c.sizes.T === 5)) {
    const [a, b] = [await g.run(backend, graph, tensors), await g.run(backend, graph, tensors)];
    close(a.output as g.Tensor, b.output as g.Tensor, { rtol: 0 });
    await sameOn(backend, graph, tensors, sizes);
  }
});

on("a composite of the user's own kernel", async (backend) => {
  const doubled: Lowerings = {
    activate: (_, c) =>
      elementwise(
        c.name,
        c.shape,
        {
          kind: "op",
          op: "add",
          inputs: [
            { kind: "operand", index: 0 },
            { kind: "operand", index: 0 },
          ],
        },
        c.operands as [Operand],
      ),
  };
  const [own] = await open("own kernels", { lowerings: doubled, adapter: backend.device });
  const out = await g.run(own as WebGpuBackend, g.activate("relu")(x), given(2));
  close(
    out.output as g.Tensor,
    g.f32(
      [2, 5],
      numbers(10).map((v) => 2 * v),
    ),
  );
  await own?.close();
});

/** A backend with so many bytes beside its weights. */
const within = async (bytes: number): Promise<WebGpuBackend> =>
  (await open("budgets", { memory: bytes }))[0] as WebGpuBackend;

on("a run beyond the budget is refused with its bytes, and nothing is allocated", async () => {
  const p = planned({ y });
  const need = planBytes(p, { T: 50 }).total;
  const small = await within(need - 4);
  const runner = await must(small.prepare({ y }, g.weightsOf(given(1))));
  assert.match(faults(await runner.run(given(50))()), /a run with T = 50: expected at most .* got .*; raise --memory/);
  assert.is(usedBytes(small.gpu), 60);
  await must(runner.run(given(49)));
  await small.close();
  const enough = await within(need);
  await g.run(enough, { y }, given(50));
  await enough.close();
  const tiny = await within(59);
  assert.match(faults(await tiny.prepare({ y }, g.weightsOf(given(1)))()), "the weights: expected at most");
  await tiny.close();
});

if (backends.length > 0)
  test("tiles change nothing: a packed decomposition within the least memory there is", () =>
    fc.assert(
      fc.asyncProperty(decompositions, async ({ graph, model: { tensors, sizes } }) => {
        const packed = g.orThrow(g.pack(g.orThrow(g.simplify(graph))));
        const p = planned(packed);
        const { layout } = fitLayout(p, sizes, { bytes: 0, buffer: Number.POSITIVE_INFINITY });
        const { total } = planBytes(p, sizes, layout);
        const small = await within(total);
        const [a, b] = [
          await g.run(small, packed, tensors),
          await g.run(backends[0] as WebGpuBackend, packed, tensors),
        ];
        await small.close();
        for (const name of Object.keys(packed)) close(a[name] as g.Tensor, b[name] as g.Tensor, { rtol: 0 });
      }),
      fuzz(4),
    ));

test.run();
