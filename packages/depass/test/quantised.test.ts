// Blocks of a real file on a device: the values that ggml's own code unpacks, to the last bit, and the bytes that are told.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { f32, gather, i32, input, linear, orThrow, type Tensor, toF64, type Weights, weight } from "@depass/graph";
import { webgpu } from "@depass/kernels";
import { openGguf, openSafetensors } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type PlanReport, reportPlan } from "../src/report/plan.ts";

const golden = (name: string): string =>
  fileURLToPath(new URL(`../../../../shared/goldens/gguf/types.${name}`, import.meta.url));
const [ROWS, WIDTH] = [3, 512];
const software = await webgpu()();
const name = "a device reads blocks as ggml does, and holds no more bytes than the file";

/** Zeros and a one. */
const one = (at: number): readonly number[] => Array.from({ length: WIDTH }, (_, i) => (i === at ? 1 : 0));

if (existsSync(golden("gguf")) && E.isRight(software))
  test(name, async () => {
    const backend = software.right;
    const file = orThrow(await openGguf(golden("gguf"))());
    const expected = orThrow(await openSafetensors(golden("safetensors"))());
    const w = weight("w", [ROWS, WIDTH]);
    const graph = { rows: gather(-2, input("at", ["R"], "i32"))(w), sums: linear(w)(input("x", ["T", WIDTH])) };
    for (const [type, bytes] of [
      ["Q8_0", 34],
      ["Q4_0", 18],
      ["Q4_1", 20],
    ] as const) {
      const stored = `t.${type}`;
      const weights: Weights = {
        describe: () => ({ dtype: "f32", shape: [ROWS, WIDTH] }),
        read: () => file.read(stored),
        blocks: () => file.blocks(stored),
      };
      const foreseen = orThrow(backend.foresee?.(graph, weights, { R: ROWS, T: 1 }) ?? E.left([]));
      assert.equal(foreseen.byType, { [type.toLowerCase()]: (ROWS * WIDTH * bytes) / 32 });
      const runner = orThrow(await backend.prepare(graph, weights)());
      const out = orThrow(await runner.run({ at: i32([ROWS], [0, 1, 2]), x: f32([1, WIDTH], one(7)) })());
      const wanted = toF64(orThrow(await expected.read(stored)()));
      assert.is(toF64(out.rows as Tensor).join(), wanted.join(), type);
      assert.equal(
        [...toF64(out.sums as Tensor)],
        [0, 1, 2].map((row) => wanted[row * WIDTH + 7]),
        type,
      );
      runner.dispose();
    }
    await Promise.all([file.close(), expected.close(), backend.close()]);
  });
else {
  test.skip(name, () => undefined);
  console.log(`skipped: ${name} (needs ../shared and an adapter)`);
}

test("the plan tells the bytes of each type, unless all is f32", () => {
  const bytes = { weights: 3072, allWeights: 3072, activations: 1024, peak: 4096, beside: 0, tiles: 1, parts: 512 };
  const told = (byType: Readonly<Record<string, number>>, weights = 3072): string =>
    reportPlan({
      model: { path: "m.gguf" } as PlanReport["model"],
      backend: { name: "webgpu", device: "d", why: "asked for" } as PlanReport["backend"],
      tokens: 2,
      bytes: { ...bytes, weights, byType },
      flops: 1,
      rate: 1,
      seconds: 1,
    })[3] as string;
  assert.is(told({ f32: 1024, q4_1: 2048 }), "weights      3 KiB (q4_1 2 KiB, f32 1 KiB)");
  assert.is(told({ f32: 3072 }), "weights      3 KiB");
  assert.match(told({ q8_0: 3072 }, 1024), /^weights +1 KiB at once of 3 KiB \(q8_0 3 KiB\): they come and go/);
});

test.run();
