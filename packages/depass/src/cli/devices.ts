// `depass devices`: what could run here, and what would.
import { type Faulty, reference } from "@depass/graph";
import { type Adapters, listAdapters, showBytes } from "@depass/kernels";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Devices, showDevices } from "../report/devices.ts";
import { columnsOf, print, stdoutInk } from "./terminal.ts";

export type DevicesOptions = { readonly json?: true };

const autoOf = ({ found, missing }: Adapters): Devices["auto"] => {
  const [first] = found;
  if (first === undefined) return { backend: "webgpu", why: missing.join("; ") };
  const why = first.kind === "hardware" ? "it is the first hardware adapter" : missing.join("; ");
  return { backend: "webgpu", adapter: first.name, why };
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
    TE.map((adapters) =>
      print(textOf({ adapters, auto: autoOf(adapters), reference: reference.device }, json === true)),
    ),
  );
