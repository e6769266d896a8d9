// On what does everything run? A Device: an adapter that was chosen for a stated reason, opened with all its limits, with
// a byte budget, and with Dawn's loss and uncaptured errors turned into faults. Hardware is taken before software.

import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import {
  type AdapterKind,
  type AdapterRecord,
  type Adapters,
  type Limits,
  limitsOf,
  listAdapters,
  optionsFor,
  request,
  showAdapters,
} from "./adapters.ts";
import { requestAdapter } from "./dawn.ts";
import { defaultBudget } from "./memory.ts";

/**
 * `safe`: Dawn clamps every index and clears every buffer. `fast`: it trusts our kernels, which guard themselves; validation
 * of API calls stays on. The tests run under both.
 */
export type Toggles = "safe" | "fast";

export type DeviceOptions = {
  /** Part of an adapter's name, in any case: `nvidia`, `swiftshader`. */
  readonly adapter?: string;
  /** Bytes that buffers may take together; see `defaultBudget`. */
  readonly memory?: number;
  readonly toggles?: Toggles;
};

export type Device = {
  readonly name: string;
  readonly kind: AdapterKind;
  /** Why this adapter, and why not a better one. */
  readonly why: string;
  readonly toggles: Toggles;
  readonly limits: Limits;
  readonly features: readonly string[];
  readonly budgetBytes: number;
  readonly gpu: GPUDevice;
  /** Resolves when the device is gone: tag `device-lost`, or `device-closed` after `close()`. */
  readonly lost: Promise<Fault>;
  /** Takes the errors that no error scope caught since the last call; empty in a healthy run. */
  readonly takeFaults: () => readonly Fault[];
  /** Frees everything on the device and waits until it is gone. A process also ends cleanly without it. */
  readonly close: () => Promise<void>;
};

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

/** Asked for where the adapter has them; kernels look into `Device.features`. */
const usefulFeatures = ["timestamp-query", "shader-f16", "subgroups", "chromium-experimental-subgroup-matrix"];

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

const descriptor = (adapter: GPUAdapter): GPUDeviceDescriptor => ({
  requiredLimits: { ...limitsOf(adapter.limits) },
  requiredFeatures: usefulFeatures.filter((f) => adapter.features.has(f)) as GPUFeatureName[],
});

const asDevice = (choice: Choice, options: DeviceOptions, budgetBytes: number, gpu: GPUDevice): Device => {
  const { adapter, why } = choice;
  let faults: Fault[] = [];
  gpu.addEventListener("uncapturederror", (event) => {
    faults.push(fault("gpu-error", adapter.name, "no error outside an error scope", event.error.message));
    event.preventDefault();
  });
  const lost = gpu.lost.then(({ reason, message }) =>
    reason === "destroyed"
      ? fault("device-closed", adapter.name, "an open device", "one that was closed")
      : fault(
          "device-lost",
          adapter.name,
          "a living device",
          message,
          "open the device again; a smaller `memory` may help",
        ),
  );
  return {
    name: adapter.name,
    kind: adapter.kind,
    why,
    toggles: options.toggles ?? "safe",
    limits: limitsOf(gpu.limits),
    features: usefulFeatures.filter((f) => gpu.features.has(f)),
    budgetBytes,
    gpu,
    lost,
    takeFaults: () => {
      const taken = faults;
      faults = [];
      return taken;
    },
    close: async () => {
      gpu.destroy();
      await gpu.lost;
    },
  };
};

const openChoice = async (choice: Choice, options: DeviceOptions): Promise<E.Either<readonly Fault[], Device>> => {
  const { adapter } = choice;
  const toggles = togglesOf[options.toggles ?? "safe"];
  const handle = await requestAdapter(optionsFor(adapter.backend, adapter.name, toggles), request);
  if (E.isLeft(handle)) return E.left([handle.left]);
  if (handle.right === null) return E.left([fault("no-adapter", adapter.name, "the adapter listed before", "none")]);
  const budget = options.memory ?? (await defaultBudget(adapter));
  try {
    return E.right(asDevice(choice, options, budget, await handle.right.requestDevice(descriptor(handle.right))));
  } catch (e) {
    return E.left([fault("no-device", adapter.name, "a device", String(e), "choose another one with `adapter`")]);
  }
};

/** The best device there is, or the one asked for by name. */
export const openDevice =
  (options: DeviceOptions = {}): TE.TaskEither<readonly Fault[], Device> =>
  async () => {
    const choice = choose(await listAdapters(), options.adapter);
    return E.isLeft(choice) ? E.left([choice.left]) : openChoice(choice.right, options);
  };

export { listAdapters, showAdapters };
