// What is said of something that was told to stop.
import { type Fault, fault } from "@depass/graph";

export const aborted = (what: string): readonly Fault[] => [fault("aborted", what, "to finish", "an abort signal")];
