import { softmaxRule } from "@depass/graph";
import { decodeLlamaConfig, llama } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { levels, rules } from "../../../bench/levels/tables.ts";
import { explanationGraph } from "../../../src/explanation.ts";
import { configJson } from "../../tiny.ts";

test("every level begins in a model with enough neurons, and there are five rules", () => {
  const config = decodeLlamaConfig(configJson());
  assert.ok(E.isRight(config));
  const architecture = llama(config.right);
  for (const [name, levelOf] of Object.entries(levels)) {
    const { seed } = levelOf(architecture);
    assert.ok(E.isRight(explanationGraph({ architecture }, { seed, rule: softmaxRule() })), name);
  }
  assert.is(new Set(rules.map((r) => r.name)).size, 5);
});

test.run();
