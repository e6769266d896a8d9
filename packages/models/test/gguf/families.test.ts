// Is each family's golden checkpoint, written as llama.cpp's converter would, the same model again? Its logits are the
// published model's; names of tensors are also compared with those of gguf-py, where Python has it.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { evaluate, i32, leavesOf, orThrow, type Tensor, toF64 } from "@depass/graph";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { namedFor } from "../../src/assembled.ts";
import { type Checkpoint, openCheckpoint } from "../../src/checkpoint.ts";
import { architectureOf } from "../../src/families.ts";
import { openGgufCheckpoint } from "../../src/gguf/checkpoint.ts";
import { openSafetensors } from "../../src/safetensors/read.ts";
import { left, right } from "../either.ts";
import { inFolder } from "../folder.ts";
import { askPython, pythonTests } from "../python.ts";
import { goldenTest, shared } from "../shared.ts";
import { floats, type Keys, type Stored } from "./bytes.ts";
import { type Config, converted, converters, flat, theirName } from "./families.ts";

const LOGITS = 1e-5; // relative: weights are f32 in both, so what differs are roundings

const logitsOf = async (checkpoint: Checkpoint, config: unknown, tokens: readonly number[]): Promise<Float64Array> => {
  const architecture = right(architectureOf(config, "config.json"));
  const graph = { logits: architecture.unembed(architecture.normed) };
  const named = namedFor(architecture, checkpoint);
  const weights: Record<string, Tensor> = {};
  for (const leaf of leavesOf(graph))
    if (leaf.op === "weight") weights[leaf.params.name] = right(await named.read(leaf.params.name)());
  return toF64(orThrow(evaluate(graph, { tokens: i32([tokens.length], tokens), ...weights })).logits as Tensor);
};

const relativeError = (actual: Float64Array, expected: Float64Array): number => {
  assert.is(actual.length, expected.length);
  const size = Math.hypot(...expected);
  return Math.hypot(...actual.map((value, i) => value - (expected[i] as number))) / size;
};

type Case = {
  readonly golden: string;
  readonly as: string;
  /** What llama.cpp cannot say of this golden, so that it is compared with our own pass of the folder so changed. */
  readonly config?: Config;
  /** Positions up to which what it cannot say makes no difference. */
  readonly first?: number;
  readonly more?: { readonly keys?: Keys; readonly tensors?: readonly Stored[] };
};

const expectedOf = async ({ golden, config }: Case, folder: Checkpoint) => {
  const file = right(await openSafetensors(shared("goldens", golden, "forward.safetensors"))());
  const tokens = [...right(await file.read("input_ids")()).data] as number[];
  const published = toF64(right(await file.read("logits")()));
  await file.close();
  const logits = config === undefined ? published : await logitsOf(folder, config, tokens);
  return { tokens, logits };
};

const agrees = (one: Case): Promise<void> =>
  inFolder(async (place) => {
    const opened = right(await openCheckpoint(shared("goldens", one.golden))());
    const config = { ...(opened.config as Config), ...one.config };
    const { tokens, logits } = await expectedOf({ ...one, ...(one.config && { config }) }, opened);
    const path = join(place, "m.gguf");
    await writeFile(path, await converted(opened, one.as, flat(config), one.more));
    const file = right(await openGgufCheckpoint(path)());
    const found = await logitsOf(file, file.config, tokens);
    const vocabulary = logits.length / tokens.length;
    const count = (one.first ?? tokens.length) * vocabulary;
    const error = relativeError(found.subarray(0, count), logits.subarray(0, count));
    assert.ok(error <= LOGITS, `an error of ${error}`);
    await Promise.all([file.close(), opened.close()]);
  });

const factors = (name: string, values: readonly number[]): Stored =>
  floats(`rope_factors_${name}.weight`, [values.length], Float32Array.from(values));
const [SHORT, LONG] = [
  [1, 1.1, 1.25, 1.5, 1.75, 2],
  [1, 2, 3.3, 4, 5, 6],
];

const cases: Readonly<Record<string, Case>> = {
  llama: { golden: "llama", as: "llama" },
  "llama with biases": { golden: "llama-biased", as: "llama" },
  // A llama has no window, which is why files of the first Mistral say nothing of theirs: within 5 tokens it is the same.
  "mistral within its window": { golden: "mistral", as: "llama", first: 5 },
  mixtral: { golden: "mixtral", as: "mixtral" },
  qwen2: { golden: "qwen2", as: "qwen2" },
  qwen3: { golden: "qwen3", as: "qwen3" },
  qwen3moe: { golden: "qwen3-moe", as: "qwen3moe" },
  gemma2: { golden: "gemma2", as: "gemma2" },
  gemma3: { golden: "gemma3", as: "gemma3" },
  phi3: { golden: "phi3", as: "phi3" },
  "phi3 with a longrope": {
    golden: "phi3",
    as: "phi3",
    config: {
      rope_parameters: undefined,
      rope_theta: 10_000,
      original_max_position_embeddings: 4,
      rope_scaling: { type: "longrope", short_factor: SHORT, long_factor: LONG, attention_factor: 1.25 },
    },
    more: {
      keys: { "rope.scaling.attn_factor": 1.25 },
      tensors: [factors("short", SHORT), factors("long", LONG)],
    },
  },
  olmo2: { golden: "olmo2", as: "olmo2" },
  // llama.cpp turns the heads of all layers but every fourth, and no file says otherwise: the golden has every second.
  "smollm3 with three layers of four that turn": {
    golden: "smollm3",
    as: "smollm3",
    config: { no_rope_layer_interval: 4, no_rope_layers: [1, 1, 1, 0] },
  },
  granite: { golden: "granite", as: "granite" },
  gpt2: { golden: "gpt2", as: "gpt2" },
  gptneox: { golden: "gpt-neox", as: "gptneox" },
};

for (const [name, one] of Object.entries(cases))
  goldenTest(`${name}: the logits of its GGUF file are the model's`, () => agrees(one));

const ROUNDING = 2 ** -24; // of 1 + g in f32, for gains g that are stored so

goldenTest("rows of stored and of stacked weights are those of the whole, and none are beyond it", () =>
  inFolder(async (place) => {
    for (const { golden, as } of [cases.mixtral, cases.gemma2, cases.gpt2, cases.gptneox] as readonly Case[]) {
      const opened = right(await openCheckpoint(shared("goldens", golden))());
      const path = join(place, `${as}.gguf`);
      await writeFile(path, await converted(opened, as, flat(opened.config as Config)));
      const file = right(await openGgufCheckpoint(path)());
      assert.equal([...file.tensors.keys()].sort(), [...opened.tensors.keys()].sort());
      for (const [tensor, { shape }] of opened.tensors) {
        assert.equal([...(file.tensors.get(tensor)?.shape ?? [])], [...shape], tensor);
        const rows = right(await file.readRows(tensor, 1, 2)());
        const expected = right(await opened.readRows(tensor, 1, 2)());
        assert.equal([...rows.shape], [...expected.shape], tensor);
        const wanted = toF64(expected);
        assert.ok(
          toF64(rows).every((value, i) => Math.abs(value - (wanted[i] as number)) <= ROUNDING),
          tensor,
        );
        assert.match(left(await file.readRows(tensor, shape[0] ?? 0, 1)()), /expected rows within/);
      }
      await Promise.all([file.close(), opened.close()]);
    }
  }),
);

const PYTHON = `
import gguf, json, sys
asked = json.load(sys.stdin)
by_name = {name: arch for arch, name in gguf.MODEL_ARCH_NAMES.items()}
out = {}
for arch, names in asked.items():
    known = gguf.get_tensor_name_map(by_name[arch], 8)
    out[arch] = {name: known.get_name(name, try_suffixes=(".weight", ".bias")) for name in names}
print(json.dumps(out))
`;

const { golden: pythonTest } = await pythonTests("gguf");

pythonTest("tensors have the names that gguf-py gives them", async () => {
  const asked: Record<string, string[]> = {};
  const expected: Record<string, Record<string, string>> = {};
  for (const { golden, as } of Object.values(cases)) {
    const folder = right(await openCheckpoint(shared("goldens", golden))());
    const names = [...folder.tensors.keys()].filter((name) => !/experts\.[1-9]/.test(name));
    const arch = as === "mixtral" ? "llama" : as;
    const converter = converters[as] as (typeof converters)[string];
    const merged = (name: string): string => name.replace("experts.0.", "experts.");
    asked[arch] = [...(asked[arch] ?? []), ...names.map(merged)];
    expected[arch] = {
      ...expected[arch],
      ...Object.fromEntries(names.map((name) => [merged(name), theirName(converter, name)])),
    };
    await folder.close();
  }
  assert.equal(await askPython(PYTHON, asked), expected);
});

test.run();
