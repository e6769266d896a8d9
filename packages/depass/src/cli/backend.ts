// Which backend do the options ask for, and does it heed what else they say of it?
import type { Fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type { BackendName } from "../backends.ts";
import { contradictions, type FormatOptions } from "./format.ts";
import { usage } from "./outcome.ts";

export type BackendOptions = {
  readonly backend: BackendName;
  readonly adapter?: string;
  readonly memory?: number;
};

/** A fault for each option that the named backend would not look at. */
export const unheardOptions = ({ backend, adapter, memory }: BackendOptions): readonly Fault[] => {
  const unheard = backend === "reference" ? [adapter && "--adapter", memory && "--memory"] : [];
  return unheard.flatMap((name) =>
    name ? [usage(`${name}`, "a backend that heeds it", "--backend reference", "leave it out or choose webgpu")] : [],
  );
};

/** That, and one format. */
export const checkBackend = (options: BackendOptions & FormatOptions): E.Either<readonly Fault[], void> => {
  const faults = [...unheardOptions(options), ...contradictions(options)];
  return faults.length > 0 ? E.left(faults) : E.right(undefined);
};
