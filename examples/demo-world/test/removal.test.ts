// A removal against one made by hand: the checkpoint's own tensors changed so that the part is not there.
import { f32, orThrow, reference, type Tensor, toF64, weightsOf } from "@depass/graph";
import { load, scoresAlong } from "depass";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { questionsOf } from "../study/questions.ts";
import { removerOf } from "../study/removal.ts";
import { worldOf } from "../world.ts";

const test = suite("removal");

const shape = { layers: 4, heads: 4, width: 32 };
const table = "model.embed_tokens.weight";
const output = "model.layers.3.self_attn.o_proj.weight";

test("a word and a head taken away are what other weights make of the prompt", async () => {
  const model = await load();
  const question = (await questionsOf(model, worldOf(1), 3, 1))[0];
  assert.ok(question);
  const { architecture, checkpoint } = model;
  const embedding = Array.from({ length: architecture.hidden }, (_, d) => Math.sin(d));
  const means = { embedding, heads: Array.from({ length: 4 }, () => new Array<number>(4 * 32).fill(0)) };
  const remover = await removerOf(reference, model, shape);

  /** The scores by the checkpoint with one tensor changed; the unembedding is in the directions, and so stays. */
  const scoresWith = async (name: string, change: (data: Float64Array) => void): Promise<readonly number[]> => {
    const tensor: Tensor = orThrow(await checkpoint.read(name)());
    const data = toF64(tensor).slice();
    change(data);
    const changed = weightsOf({ [name]: f32(tensor.shape, Float32Array.from(data)) });
    const weights = {
      describe: (wanted: string) => (wanted === name ? changed : model.weights).describe(wanted),
      read: (wanted: string) => (wanted === name ? changed : model.weights).read(wanted),
    };
    const runner = orThrow(await reference.prepare({ scores: scoresAlong(architecture) }, weights)());
    return Array.from(orThrow(await runner.run(question.inputs)()).scores?.data ?? []);
  };
  const same = (actual: readonly number[], expected: readonly number[]): void =>
    actual.forEach((x, i) => {
      assert.ok(Math.abs(x - (expected[i] as number)) < 1e-5, `${actual}, expected ${expected}`);
    });

  const whole = await remover.scores(question, means);
  same(whole, await scoresWith(table, () => undefined));
  const place = question.prompt.deciding + 1;
  const id = question.inputs.tokens.data[place] as number;
  const wordless = await remover.scores(question, means, { token: place });
  same(wordless, await scoresWith(table, (rows) => rows.set(embedding, id * architecture.hidden)));
  const headless = await remover.scores(question, means, { layer: 3, head: 1 });
  const cut = (columns: Float64Array): void => {
    columns.forEach((_, i) => {
      if (Math.floor((i % 128) / 32) === 1) columns[i] = 0;
    });
  };
  same(headless, await scoresWith(output, cut));
  for (const less of [wordless, headless]) assert.ok(less.some((x, i) => Math.abs(x - (whole[i] as number)) > 1e-2));
  await model.close();
});

test.run();
