import { findSite } from "@depass/graph";
import { site } from "@depass/models";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { architectureFor, testLaw } from "./law.ts";

const test = suite("gpt2");

const CONFIG = { model_type: "gpt2", vocab_size: 11, n_embd: 12, n_layer: 2, n_head: 3, n_positions: 8 };

testLaw(test, "gpt2", CONFIG, { bias: true });

testLaw(
  test,
  "gpt2 with an MLP of its own width, relu, its own head and scores divided by the layer",
  {
    ...CONFIG,
    n_inner: 20,
    activation_function: "relu",
    tie_word_embeddings: false,
    scale_attn_by_inverse_layer_idx: true,
  },
  { bias: true },
);

test("the positions are in the state where the parts begin", () => {
  const { normed } = architectureFor(CONFIG);
  const entry = findSite({ normed }, site.residPre(0));
  assert.is(entry?.op, "add");
  assert.equal(
    entry?.inputs.map(({ op }) => op),
    ["gather", "slice"],
  );
});

test.run();
