import { test } from "uvu";
import * as assert from "uvu/assert";
import { called } from "../run.ts";

type Found = {
  readonly auto: { readonly backend: string; readonly adapter?: string; readonly why: string };
  readonly reference: string;
  readonly adapters: readonly { readonly name: string; readonly kind: string; readonly limits: object }[];
  readonly missing: readonly string[];
};

test("--json: adapters, what is missing, the reference, and what auto takes: hardware or the CPU", async () => {
  const { code, stdout, stderr } = await called(["devices", "--json"]);
  assert.is(code, 0);
  assert.is(stderr, "");
  const { auto, reference, adapters, missing } = JSON.parse(stdout) as Found;
  assert.is(reference, "f64 evaluator in JavaScript");
  const hardware = adapters.find((a) => a.kind === "hardware");
  if (hardware !== undefined) assert.is(auto.adapter, hardware.name);
  else assert.ok(auto.backend === "cpu" || auto.adapter === adapters[0]?.name);
  assert.ok(auto.why.length > 0);
  assert.ok(adapters.length > 0 || missing.length > 0);
});

test("for people: the same names, without escape codes", async () => {
  const { code, stdout, stderr } = await called(["devices"]);
  const { adapters } = JSON.parse((await called(["devices", "--json"])).stdout) as Found;
  assert.is(code, 0);
  assert.is(stderr, "");
  for (const { name } of adapters) assert.ok(stdout.includes(name));
  assert.match(stdout, /^reference {2}f64 evaluator in JavaScript/m);
  assert.match(stdout, /^auto takes /m);
  assert.not.ok(stdout.includes("\x1b"));
});

test.run();
