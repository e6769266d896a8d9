// On what does everything run? An adapter that was chosen for a stated reason, hardware before software, opened with Dawn.

import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { type AdapterRecord, type Adapters, listAdapters, optionsFor, showAdapters } from "./adapters.ts";
import { requestAdapter } from "./dawn.ts";
import { request } from "./limits.ts";
import { defaultBudget } from "./memory.ts";
import { type Device, type DeviceOptions, deviceOn, type Toggles } from "./opened.ts";

export type { Device, DeviceOptions, Toggles } from "./opened.ts";

const togglesOf: Readonly<Record<Toggles, { readonly on: readonly string[]; readonly off: readonly string[] }>> = {
  safe: { on: [], off: [] },
  fast: {
    on: [
      "disable_robustness",
      "disable_workgroup_init",
      "disable_polyfills_on_integer_div_and_mod",
      "use_vulkan_memory_model",
      "allow_unsafe_apis",
    ],
    off: ["lazy_clear_resource_on_first_use"],
  },
};

type Choice = { readonly adapter: AdapterRecord; readonly why: string };

const matching = ({ found }: Adapters, wanted: string): AdapterRecord | undefined =>
  found.find((a) => `${a.name} ${a.architecture}`.toLowerCase().includes(wanted.toLowerCase()));

const choose = (all: Adapters, wanted: string | undefined): E.Either<Fault, Choice> => {
  const there = all.found.length === 0 ? all.missing.join("; ") : all.found.map((a) => a.name).join(", ");
  const advice = "see `depass devices`, or use the CPU backend";
  if (wanted !== undefined) {
    const adapter = matching(all, wanted);
    if (adapter !== undefined) return E.right({ adapter, why: `its name matches '${wanted}'` });
    return E.left(fault("no-adapter", "--adapter", `an adapter named like '${wanted}'`, there, advice));
  }
  const adapter = all.found[0];
  if (adapter === undefined) return E.left(fault("no-adapter", "WebGPU", "an adapter", there, advice));
  return E.right({
    adapter,
    why: adapter.kind === "hardware" ? "it is the first hardware adapter" : all.missing.join("; "),
  });
};

const openChoice = async (choice: Choice, options: DeviceOptions): Promise<E.Either<readonly Fault[], Device>> => {
  const { adapter } = choice;
  const toggles = options.toggles ?? "safe";
  const handle = await requestAdapter(optionsFor(adapter.backend, adapter.name, togglesOf[toggles]), request);
  if (E.isLeft(handle)) return E.left([handle.left]);
  if (handle.right === null) return E.left([fault("no-adapter", adapter.name, "the adapter listed before", "none")]);
  const budgetBytes = options.memory ?? (await defaultBudget(adapter));
  const { name, kind } = adapter;
  return deviceOn(handle.right, { name, kind, why: choice.why, toggles, budgetBytes })();
};

/** The best device there is, or the one asked for by name. */
export const openDevice =
  (options: DeviceOptions = {}): TE.TaskEither<readonly Fault[], Device> =>
  async () => {
    const choice = choose(await listAdapters(), options.adapter);
    return E.isLeft(choice) ? E.left([choice.left]) : openChoice(choice.right, options);
  };

export { listAdapters, showAdapters };
