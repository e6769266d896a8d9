// Many prompts against each by itself: the same results, from graphs that are prepared once.
import { type Backend, type FaultError, orThrow, type Runner, taylorRule } from "@depass/graph";
import type { Model } from "@depass/models";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttributeOptions, attribute, load } from "../src/attribute.ts";
import { type AskedPrompt, attributeAll } from "../src/attribute-all.ts";
import { openBackend } from "../src/backends.ts";
import { tokenLevel, topNeuronLevel } from "../src/levels.ts";
import type { Attribution } from "../src/result.ts";
import { spanLevel } from "../src/spans.ts";

const test = suite("attributeAll");

let model: Model;
let cpu: Backend;
test.before(async () => {
  model = await load();
  cpu = orThrow(await openBackend({ backend: "cpu" })()).backend;
});
test.after(async () => {
  await Promise.all([model.close(), cpu.close()]);
});

const prompts: readonly AskedPrompt[] = [
  "The capital of Gerland is",
  { prompt: "The king of Rivland rules from", target: 9 },
  { prompt: "The capital of Rivland is", target: 9, foil: [10, 11] },
  "The capital of Rivland is",
];

type Counted = { readonly backend: Backend; readonly prepared: () => number; readonly open: () => number };

/** ONNX Runtime, with a count of what was prepared on it, and of what was not disposed of. */
const counted = (): Counted => {
  let [prepared, open] = [0, 0];
  const kept = (runner: Runner): Runner => {
    open++;
    return { ...runner, dispose: () => void open-- };
  };
  const backend: Backend = {
    ...cpu,
    prepare:
      (...args) =>
      async () => {
        prepared++;
        const made = await cpu.prepare(...args)();
        return made._tag === "Right" ? { ...made, right: kept(made.right) } : made;
      },
  };
  return { backend, prepared: () => prepared, open: () => open };
};

const timeless = ({ times: _, ...rest }: Attribution) => rest;

const one = (given: AskedPrompt, options: AttributeOptions): Promise<Attribution> => {
  const { prompt, ...question } = typeof given === "object" && "prompt" in given ? given : { prompt: given };
  return attribute(model, prompt, { ...options, ...question });
};

const all = async (given: Iterable<AskedPrompt>, options: AttributeOptions): Promise<readonly Attribution[]> => {
  const found: Attribution[] = [];
  for await (const result of attributeAll(model, given, options)) found.push(result);
  return found;
};

const ways: readonly (readonly [what: string, options: () => AttributeOptions, prepared: number])[] = [
  ["carried forward", () => ({}), 1],
  ["with layers, foils for all and what parts promote", () => ({ layers: true, foil: 12, promotes: 2 }), 2],
  ["by words", () => ({ seed: spanLevel("words") }), 1],
  ["read in a head", () => ({ to: "L1H1" }), 1],
  ["backwards", () => ({ rule: taylorRule() }), 2],
  ["backwards, the target the same for all", () => ({ rule: taylorRule(), target: 3 }), 1],
  ["the strongest neurons backwards", () => ({ rule: taylorRule(), seed: strongest() }), 2],
  ["the strongest neurons, each prompt's own", () => ({ seed: strongest() }), 2 + prompts.length],
];

const strongest = () => orThrow(topNeuronLevel(model.architecture, 2, 3));

for (const [what, options, expected] of ways)
  test(`${what}: each result is that of its prompt by itself, from ${expected} graphs prepared`, async () => {
    const { backend, prepared, open } = counted();
    const found = await all(prompts, { ...options(), backend });
    assert.is(found.length, prompts.length);
    for (const [i, given] of prompts.entries()) {
      const alone = await one(given, { ...options(), backend: cpu });
      assert.equal(timeless(found[i] as Attribution), timeless(alone));
    }
    assert.equal([prepared(), open()], [expected, 0]);
  });

test("lengths in any order: the same to the last bit", async () => {
  const [long, short] = ["The king of Rivland rules from", "The capital of"];
  const found = await all([long, short, long, "The"], { backend: cpu });
  const lengths = found.map((a) => a.tokens.length);
  assert.ok(lengths[0] === lengths[2] && new Set(lengths).size === 3, lengths.join());
  assert.equal(found[0]?.parts, found[2]?.parts);
  assert.equal(found[1]?.parts, (await one(short, { backend: cpu })).parts);
});

const faultsOf = async (given: Iterable<AskedPrompt>, options: AttributeOptions): Promise<readonly string[]> => {
  try {
    await all(given, options);
  } catch (error) {
    return (error as FaultError).message.split("\n");
  }
  throw new Error("nothing was wrong");
};

test("all that is wrong with any prompt is said before one runs, each by its number", async () => {
  const { backend, prepared } = counted();
  const wrong: readonly AskedPrompt[] = [
    "The",
    "",
    { prompt: "The", target: 1e6 },
    { prompt: "The", target: 4, foil: [4] },
  ];
  const said = await faultsOf(wrong, { backend });
  assert.is(said.length, 3);
  assert.match(said[0] ?? "", /^prompt 2: prompt: expected some text, got none/);
  assert.match(said[1] ?? "", /^prompt 3: target: expected a token id from 0 to/);
  assert.match(said[2] ?? "", /^prompt 4: foil: expected another token than the target/);
  assert.match((await faultsOf([], { backend }))[0] ?? "", /^prompts: expected at least one, got none/);
  const outside = { prompt: "The king of Rivland", seed: spanLevel([{ start: 4, end: 12 }]) };
  assert.match((await faultsOf([outside.prompt, "The"], { backend, seed: outside.seed }))[0] ?? "", /^prompt 2: /);
  assert.is(prepared(), 0);
});

test("what only a run can tell names its prompt; those before it were given", async () => {
  const { backend, open } = counted();
  const [first] = await all(["The capital of Gerland is"], { backend });
  const likeliest = first?.target.id as number;
  const given = ["The king of Rivland rules from", { prompt: "The capital of Gerland is", foil: likeliest }];
  const found: string[] = [];
  try {
    for await (const { prompt } of attributeAll(model, given, { backend })) found.push(prompt);
    assert.unreachable();
  } catch (error) {
    assert.match((error as FaultError).message, /^prompt 2: foil: expected another token than the target/);
  }
  assert.equal([found.length, open()], [1, 0]);
});

test("leaving the loop and an aborted signal end it, and nothing stays on the backend", async () => {
  const { backend, open } = counted();
  for await (const _ of attributeAll(model, prompts, { backend })) break;
  assert.is(open(), 0);
  const signal = { aborted: false };
  let count = 0;
  try {
    for await (const _ of attributeAll(model, prompts, { backend, signal })) {
      count++;
      signal.aborted = true;
    }
    assert.unreachable();
  } catch (error) {
    assert.is((error as FaultError).faults[0]?.tag, "aborted");
  }
  assert.equal([count, open()], [1, 0]);
});

test("a backend that it opens says why; parts may be of one's own choice", async () => {
  const options = { backend: { backend: "cpu" }, seed: orThrow(tokenLevel(model.architecture, 1)) } as const;
  const [found] = await all(["The king of Rivland rules from"], options);
  assert.is(found?.backend.why, "asked for by name");
  assert.is(found?.seed, "token from layers.1.resid_pre");
});

test.run();
