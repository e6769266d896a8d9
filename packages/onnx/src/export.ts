// A graph as a file for others: `NAME.onnx`, and its weights beside it in `NAME.onnx.data`, in the type they are stored in.
// One file serves every size: symbols stay symbols. Operators are ONNX's own, opset 18.
import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { type Fault, type Faulty, fault, type Graph, type RunOptions, type Weights } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { writeAll, writeData } from "./export/data.ts";
import { type Message, message, type Port } from "./export/message.ts";
import { attempt, type NewFile, writeFiles } from "./export/place.ts";
import { encodeModel, type Text } from "./lower/proto.ts";

export type { Port } from "./export/message.ts";

export type ExportOptions = RunOptions & {
  /** Files that are there are replaced; default: they are a fault. */
  readonly force?: boolean;
  /** For people: ONNX's `doc_string`. */
  readonly description?: string;
  /** For programs: ONNX's `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
};

export type Exported = {
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** Sizes are symbols as in the graph. */
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly metadata: Readonly<Record<string, string>>;
};

/** Counts what a reader of the metadata must know anew. */
const FORMAT = "1";

const versionOf = (): string =>
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version as string;

const textsOf = (metadata: Readonly<Record<string, string>>): readonly Text[] =>
  Object.entries(metadata).map(([key, value]) => ({ key, value }));

const checkTarget = (target: string): E.Either<readonly Fault[], string> =>
  extname(target).toLowerCase() === ".onnx"
    ? E.right(`${target}.data`)
    : E.left([
        fault(
          "file",
          target,
          "a name that ends in .onnx",
          extname(target) || "none",
          "the weights go beside it, to NAME.onnx.data",
        ),
      ]);

/** Data first: the model then makes sense of it. A graph without weights or large constants has none. */
const filesOf = (
  { data }: Message,
  bytes: Uint8Array,
  [target, beside]: readonly [string, string],
  options: ExportOptions,
): readonly NewFile[] => [
  ...(data.length === 0 ? [] : [{ path: beside, write: writeData(data, beside, options) }]),
  { path: target, write: (handle) => attempt(target, "to write", () => writeAll(handle, bytes, 0)) },
];

const bytesOf = ({ data }: Message): number => data.reduce((_, { piece, offset }) => offset + piece.bytes, 0);

/**
 * Writes a graph and its weights. Inputs, outputs and weights have the graph's names; weights are read one at a time.
 * Faults: a misshapen graph, a weight that is missing or of another shape, a size that no input tells, an output named as
 * an input, files that are there, those of the disk, an abort. Then nothing new is left.
 *
 *     await exportOnnx(graph, weights, "model.onnx")().then(orThrow)
 */
export const exportOnnx = (
  graph: Graph,
  weights: Weights,
  target: string,
  options: ExportOptions = {},
): Faulty<Exported> => {
  const metadata = { "depass.format": FORMAT, ...options.metadata };
  const about = {
    producerVersion: versionOf(),
    metadata: textsOf(metadata),
    ...(options.description === undefined ? {} : { docString: options.description }),
  };
  return pipe(
    TE.fromEither(checkTarget(target)),
    TE.bindTo("beside"),
    TE.bind("made", ({ beside }) => TE.fromEither(message(graph, weights, basename(beside), about))),
    TE.bind("bytes", ({ made }) => TE.right(encodeModel(made.model))),
    TE.tap(({ beside, made, bytes }) => writeFiles(filesOf(made, bytes, [target, beside], options), options.force)),
    TE.map(({ beside, made, bytes }): Exported => {
      const { inputs, outputs, data } = made;
      const own = { path: target, bytes: bytes.length };
      return {
        files: data.length === 0 ? [own] : [own, { path: beside, bytes: bytesOf(made) }],
        inputs,
        outputs,
        metadata,
      };
    }),
  );
};
