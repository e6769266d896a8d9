// Which weights and which graph made a result? Hashes that anyone can compute again from a checkpoint and a call.
import { createHash } from "node:crypto";
import { type Fault, type Graph, show, type Tensor } from "@depass/graph";
import type { Model } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";

/** SHA-256 of a graph as it prints: equal graphs have equal texts. */
export const graphHash = (graph: Graph): string => createHash("sha256").update(show(graph)).digest("hex");

/** Of several graphs that run one after the other: SHA-256 of their hashes, one a line. */
export const graphsHash = (graphs: readonly Graph[]): string =>
  createHash("sha256")
    .update(graphs.map((graph) => `${graphHash(graph)}\n`).join(""))
    .digest("hex");

const bytesOf = ({ data }: Tensor): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/**
 * SHA-256 of all tensors by their names: name, shape, and values as they are read (so a file that stores the same numbers in
 * another order or in other shards has the same hash). Reads the whole checkpoint, a tensor at a time. Faults: its own.
 */
export const weightsHash = ({ checkpoint }: Model): TE.TaskEither<readonly Fault[], string> => {
  const hash = createHash("sha256");
  return pipe(
    [...checkpoint.tensors.keys()].sort(),
    TE.traverseSeqArray((name) =>
      pipe(
        checkpoint.read(name),
        TE.map((tensor) => {
          const head = `${name} ${tensor.dtype} ${tensor.shape.join(" ")}\n`;
          return hash.update(head).update(bytesOf(tensor));
        }),
      ),
    ),
    TE.map(() => hash.digest("hex")),
  );
};
