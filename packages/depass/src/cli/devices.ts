// `depass devices`: what could run here, and what would.
import { type Faulty, reference, showFaults } from "@depass/graph";
import { listAdapters, showBytes } from "@depass/kernels";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { openBackend } from "../backends.ts";
import { type Devices, showDevices } from "../report/devices.ts";
import { columnsOf, print, stdoutInk } from "./terminal.ts";

export type DevicesOptions = { readonly json?: true };

/** What `auto` takes is what is opened for it. */
const auto: Faulty<Devices["auto"]> = async () => {
  const opened = await openBackend()();
  if (E.isLeft(opened)) return E.right({ backend: "webgpu", why: showFaults(opened.left) });
  const { backend, why } = opened.right;
  await backend.close();
  return E.right({ backend: backend.name, adapter: backend.device, why });
};

const cpu: Faulty<Devices["cpu"]> = async () => {
  const opened = await openBackend({ backend: "cpu" })();
  if (E.isLeft(opened)) return E.right({ missing: showFaults(opened.left) });
  const { backend } = opened.right;
  await backend.close();
  return E.right({ device: backend.device });
};

const textOf = (found: Devices, json: boolean): string => {
  const { adapters, ...rest } = found;
  return json
    ? JSON.stringify({ ...rest, adapters: adapters.found, missing: adapters.missing })
    : showDevices(found, { ink: stdoutInk(), columns: columnsOf(process.stdout), bytes: showBytes }).join("\n");
};

/** Never fails: a machine without adapters is an answer too. */
export const devices = ({ json }: DevicesOptions): Faulty<void> =>
  pipe(
    TE.fromTask(listAdapters),
    TE.bindTo("adapters"),
    TE.bind("auto", () => auto),
    TE.bind("cpu", () => cpu),
    TE.map((found) => print(textOf({ ...found, reference: reference.device }, json === true))),
  );
