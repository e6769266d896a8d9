// The tiny checkpoints whose expected values lie beside the repository, where they do: logits, states and parts as
// Hugging Face and the published DePass code have them (docs/conformance.md gives provenance and tolerances).
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Backend, f32, orThrow, reference, type Tensor } from "@depass/graph";
import { webgpu } from "@depass/kernels";
import { architectureOf, type Families } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compared, inFull, passes, relativeError, showOutcome } from "../../conformance/compare.ts";
import { checkFamily } from "../../conformance/family.ts";
import { openBackend } from "../../src/backends.ts";

const goldens = fileURLToPath(new URL("../../../../../shared/goldens", import.meta.url));
const families = [
  ...["llama", "llama-tied-mha", "llama3-rope", "llama-biased", "llama-wide-heads", "qwen2", "mistral", "qwen3"],
  ...["gemma2", "gemma3", "phi3", "olmo2", "smollm3", "granite"],
  ...["gpt2", "gpt-neox", "mixtral", "qwen3-moe"],
];

const skip = (name: string, reason: string): void => console.log(`skipped: ${name}: ${reason}`);

const check = (backend: Backend, tolerance: number): void => {
  for (const family of families) {
    const name = `${family} on ${backend.name}`;
    const folder = join(goldens, family);
    if (!existsSync(folder)) {
      test.skip(name, () => undefined);
      skip(name, "no expected values beside the repository");
      continue;
    }
    test(name, async () => {
      const hasParts = existsSync(join(folder, "depass.json"));
      const outcomes = orThrow(await checkFamily(folder, hasParts, inFull(backend, tolerance))());
      const bad = outcomes.filter((o) => !passes(o)).map((o) => showOutcome(family, o));
      assert.is(bad.join("\n"), "");
      const found = outcomes.filter((o) => o.kind === "compared");
      assert.ok(found.length >= (hasParts ? 10 : 2), `${found.length} tensors compared`);
    });
  }
};

test("an error that is no number, or a tensor of another length, fails", () => {
  assert.is(relativeError([1, Number.NaN], [1, 2]), Number.POSITIVE_INFINITY);
  assert.is(relativeError([1], [1, 2]), Number.POSITIVE_INFINITY);
  assert.is(relativeError([1, 2], [1, 2]), 0);
  assert.ok(Math.abs(relativeError([3, 4.5], [3, 4]) - 0.1) < 1e-12);
  assert.not(passes({ kind: "compared", name: "x", error: 2e-5, tolerance: 1e-5 }));
});

test("expected values that are stored in f64 are exact, and others rounded", () => {
  const tolerance = { rounded: 1e-6, exact: 1e-9 };
  const error = (expected: Tensor) => compared("x", [1 + 1e-7], expected, tolerance);
  assert.ok(passes(error(f32([1], [1]))));
  assert.not(passes(error({ dtype: "f64", shape: [1], data: Float64Array.of(1) })));
});

/** The llama folder by a family of one's own, which takes the place of the one that comes along and builds something else. */
const own: Families = { llama: (json, where) => architectureOf({ ...(json as object), rms_norm_eps: 0.1 }, where) };

const ownName = "a family of one's own is the one that is compared";
if (existsSync(join(goldens, "llama")))
  test(ownName, async () => {
    const outcomes = orThrow(await checkFamily(join(goldens, "llama"), false, inFull(reference, 1e-6), own)());
    assert.is(outcomes.length, 2);
    assert.not.ok(outcomes.some(passes));
  });
else skip(ownName, "no expected values beside the repository");

const wantedName = "of a family, those tensors that are wanted";
if (existsSync(join(goldens, "llama")))
  test(wantedName, async () => {
    for (const wanted of ["logits", "token.softmax.bos"]) {
      const terms = { ...inFull(reference, 1e-6), isWanted: (name: string) => name === wanted };
      const outcomes = orThrow(await checkFamily(join(goldens, "llama"), true, terms)());
      assert.equal(
        outcomes.map(({ name }) => name),
        [wanted],
      );
    }
  });
else skip(wantedName, "no expected values beside the repository");

check(reference, 1e-6);

const opened = await webgpu()();
if (E.isRight(opened)) check(opened.right, 2e-5);
else skip("families on webgpu", "no adapter");

const runtime = await openBackend({ backend: "cpu" })();
if (E.isRight(runtime)) check(runtime.right.backend, 2e-5);
else skip("families on cpu", "no ONNX Runtime for this platform");

test.run();
