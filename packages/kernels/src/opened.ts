// An adapter opened as a Device: with all its limits, with a byte budget, and with the loss of the device and uncaught errors
// turned into faults.

import { type Fault, type Faulty, fault } from "@depass/graph";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type AdapterKind, type Limits, limitsOf } from "./limits.ts";

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

/** Asked for where the adapter has them; kernels look into `Device.features`. */
const usefulFeatures = ["timestamp-query", "shader-f16", "subgroups", "chromium-experimental-subgroup-matrix"];

/** What an adapter does not say itself. */
export type Known = Pick<Device, "name" | "kind" | "why" | "toggles" | "budgetBytes">;

const descriptor = (adapter: GPUAdapter): GPUDeviceDescriptor => ({
  requiredLimits: { ...limitsOf(adapter.limits) },
  requiredFeatures: usefulFeatures.filter((f) => adapter.features.has(f)) as GPUFeatureName[],
});

const asDevice = ({ name, kind, why, toggles, budgetBytes }: Known, gpu: GPUDevice): Device => {
  let faults: Fault[] = [];
  gpu.addEventListener("uncapturederror", (event) => {
    faults.push(fault("gpu-error", name, "no error outside an error scope", event.error.message));
    event.preventDefault();
  });
  const lost = gpu.lost.then(({ reason, message }) =>
    reason === "destroyed"
      ? fault("device-closed", name, "an open device", "one that was closed")
      : fault("device-lost", name, "a living device", message, "open the device again; a smaller `memory` may help"),
  );
  return {
    name,
    kind,
    why,
    toggles,
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

/** Faults: an adapter that gives no device. */
export const deviceOn = (adapter: GPUAdapter, known: Known): Faulty<Device> =>
  TE.tryCatch(
    async () => asDevice(known, await adapter.requestDevice(descriptor(adapter))),
    (e) => [fault("no-device", known.name, "a device", String(e), "choose another one with `adapter`")],
  );
