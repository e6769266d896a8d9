// Where everything is computed: in a worker, so that the page stays alive and can end what takes too long. The model and the
// backend are opened once and stay open for the questions that follow.
import {
  type Backend,
  type Fault,
  linearRule,
  maxRule,
  orThrow,
  type Rule,
  softmaxRule,
  taylorRule,
} from "@depass/graph";
import type { Model } from "@depass/models";
import { attribute, loadFiles, openBackend, report } from "depass";
import { demoFiles } from "./demo.ts";
import type { Asked, RuleName, Said } from "./messages.ts";

const rules: Readonly<Record<RuleName, () => Rule>> = {
  softmax: () => softmaxRule(),
  taylor: () => taylorRule(),
  max: () => maxRule(),
  linear: () => linearRule(),
};

const say = (said: Said): void => postMessage(said);

/** Makes a thing for a key and keeps it as long as the key stays the same. */
const keeper = <A>() => {
  let kept: { readonly key: string; readonly value: A } | undefined;
  return async (key: string, make: () => Promise<A>): Promise<A> => {
    if (kept?.key !== key) kept = { key, value: await make() };
    return kept.value;
  };
};

const models = keeper<Model>();
const backends = keeper<Backend>();

const modelOf = (files: readonly File[]): Promise<Model> =>
  models(files.map((f) => `${f.name} ${f.size} ${f.lastModified}`).join("\n"), async () => {
    say({ kind: "doing", what: "opening the model" });
    return files.length === 0
      ? loadFiles("demo", await demoFiles())
      : loadFiles("your checkpoint", new Map(files.map((file) => [file.name, file])));
  });

const backendOf = (name: Asked["backend"]): Promise<Backend> =>
  backends(name, async () => {
    say({ kind: "doing", what: "opening the device" });
    return orThrow(await openBackend({ backend: name })()).backend;
  });

const explained = async ({ prompt, target, rule, layers, backend: name, files }: Asked): Promise<Said> => {
  const model = await modelOf(files);
  const backend = await backendOf(name);
  say({ kind: "doing", what: "computing" });
  const asked = target === "" ? {} : { target };
  const result = await attribute(model, prompt, { ...asked, rule: rules[rule](), layers, backend });
  const { prepare, run } = result.times;
  const where = name === "reference" ? "plain JavaScript" : `WebGPU, ${backend.device}`;
  return {
    kind: "explained",
    page: report(result),
    summary: `${JSON.stringify(result.target.text)}, in ${(prepare + run).toFixed(2)} s on ${where}`,
  };
};

const faultsOf = (error: unknown): readonly Fault[] =>
  error instanceof Error && "faults" in error ? (error.faults as readonly Fault[]) : [];

addEventListener("message", async ({ data }: MessageEvent<Asked>) => {
  try {
    say(await explained(data));
  } catch (error) {
    const faults = faultsOf(error);
    const noGpu = faults.length > 0 && faults.every(({ tag }) => tag === "no-adapter" || tag === "no-device");
    say({ kind: "faults", text: error instanceof Error ? error.message : String(error), noGpu });
  }
});
