import { evaluate, f32, input, type Tensor, toF64 } from "@depass/graph";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { unembeddingOf } from "../src/unembedding.ts";
import { right } from "./either.ts";

const x = input("x", [1, 2]);
const tensors = { x: f32([1, 2], [1, 2]), w: f32([2, 2], [1, 0, 3, 4]) }; // products 1 and 11

const values = (options: { readonly scale?: number; readonly softcap?: number }) => {
  const found = unembeddingOf("w", [2, 2], options);
  const out = right(evaluate({ unembed: found.unembed(x), explained: found.explained(x) }, tensors));
  return { ...found, logits: [...toF64(out.unembed as Tensor)], before: [...toF64(out.explained as Tensor)] };
};

test("logits are products, scaled and bent; what is explained is not bent", () => {
  assert.equal(values({}).logits, [1, 11]);
  assert.equal(values({ scale: 0.5 }).logits, [0.5, 5.5]);
  const bent = values({ scale: 0.5, softcap: 4 });
  assert.equal(bent.before, [0.5, 5.5]);
  assert.ok(bent.logits.every((l, i) => Math.abs(l - 4 * Math.tanh((bent.before[i] as number) / 4)) < 1e-12));
  assert.equal([bent.logitScale, bent.softcap, bent.unembedding], [0.5, 4, "w"]);
});

test("without a softcap what is explained are the logits", () => {
  const { unembed, explained, logitScale } = unembeddingOf("w", [2, 2]);
  assert.is(unembed, explained);
  assert.is(logitScale, 1);
  assert.not.ok("softcap" in unembeddingOf("w", [2, 2], { softcap: undefined }));
});

test.run();
