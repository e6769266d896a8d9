// One cell of the table, in a process of its own, so that what a run takes is not what another has left. Prints a line of JSON. The
// level `none` is a forward pass without parts.
//   node scripts/run.mjs packages/depass/bench/levels/cell.ts MODEL PROMPT BACKEND LEVEL RULE RUNS
import { type Backend, i32, orThrow, type Rule } from "@depass/graph";
import type { Model } from "@depass/models";
import { load } from "../../src/attribute.ts";
import { backendNames, openBackend } from "../../src/backends.ts";
import { since } from "../../src/clock.ts";
import { encodePrompt, explainer } from "../../src/explainer.ts";
import type { Level } from "../../src/level.ts";
import { medianOf } from "../peer/spread.ts";
import { held } from "./held.ts";
import { forward, levels, rules } from "./tables.ts";

const [name = "demo", prompt = "", on = "auto", levelName = "", ruleName = "", runs = "1"] = process.argv.slice(2);

type Setting = { readonly model: Model; readonly backend: Backend; readonly why: string };
type Ran = { readonly gap: number; readonly seconds: number };
type Ready = { readonly run: () => Promise<Ran>; readonly dispose: () => void };

const ids = (model: Model): readonly number[] => orThrow(encodePrompt(model, prompt)).ids;

const ready = async ({ model, backend, why }: Setting): Promise<Ready> => {
  const seed = levels[levelName]?.(model.architecture) as Level;
  const rule = rules.find((r) => r.name === ruleName) as Rule;
  const { explain, dispose } = orThrow(
    await explainer(model, backend, { seed, rule, why, sizes: { T: ids(model).length } })(),
  );
  const run = async (): Promise<Ran> => {
    const { gap, times } = orThrow(await explain(prompt)());
    return { gap, seconds: times.run };
  };
  return { run, dispose };
};

const alone = async ({ model, backend }: Setting): Promise<Ready> => {
  const tokens = ids(model);
  const runner = orThrow(
    await backend.prepare(forward(model.architecture), model.weights, { sizes: { T: tokens.length } })(),
  );
  const inputs = { tokens: i32([tokens.length], tokens), position: i32([1], [tokens.length - 1]) };
  const run = async (): Promise<Ran> => {
    const elapsed = since();
    orThrow(await runner.run(inputs)());
    return { gap: 0, seconds: elapsed() };
  };
  return { run, dispose: runner.dispose };
};

const main = async (): Promise<void> => {
  const model = await load(...(name === "demo" ? [] : [name]));
  const opened = backendNames.find((b) => b === on) ?? "auto";
  const { backend, why } = await openBackend({ backend: opened })().then(orThrow);
  const { run: explain, dispose } = await (levelName === "none" ? alone : ready)({ model, backend, why });
  const found: Ran[] = [];
  const once = async (): Promise<void> => {
    found.push(await explain());
  };
  const { run, most } = await held(backend, once);
  for (let i = 0; i < Number(runs); i++) await once();
  dispose();
  await backend.close();
  await model.close();
  const [gap, seconds] = [Math.max(...found.map((f) => f.gap)), medianOf(found.slice(1).map((f) => f.seconds))];
  console.log(JSON.stringify({ gap, seconds, run, most }));
};

await main();
