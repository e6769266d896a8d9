// Exported files as a reader opens them: ONNX Runtime on the path, weights from the file beside it, in a folder of their own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  evaluate,
  type Graph,
  leavesOf,
  orThrow,
  type Sizes,
  type Tensor,
  type Tensors,
  tensor,
  weightsOf,
} from "@depass/graph";
import type { Tolerance } from "@depass/graph/testing";
import ort from "onnxruntime-node";
import { type Exported, type ExportOptions, exportOnnx } from "../src/export.ts";
import { binding, same } from "./backends.ts";

export const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "depass-onnx-"));
export const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

export const exported = (
  graph: Graph,
  tensors: Tensors,
  path: string,
  options: ExportOptions = {},
): Promise<Exported> => exportOnnx(graph, weightsOf(tensors), path, { force: true, ...options })().then(orThrow);

const fed = ({ dtype, shape, data }: Tensor): ort.Tensor =>
  dtype === "i32"
    ? new ort.Tensor("int32", Int32Array.from(data), shape)
    : new ort.Tensor("float32", Float32Array.from(data), shape);

export type Opened = {
  readonly run: (inputs: Tensors) => Promise<Tensors>;
  readonly close: () => Promise<void>;
};

/** Threads spin otherwise, and tests run side by side. */
const options = { intraOpNumThreads: 1, logSeverityLevel: 3 } as const;

export const opened = async (path: string): Promise<Opened> => {
  const session = await ort.InferenceSession.create(path, options);
  return {
    run: async (inputs) => {
      const found = await session.run(
        Object.fromEntries(session.inputNames.map((name) => [name, fed(inputs[name] as Tensor)])),
      );
      return Object.fromEntries(
        Object.entries(found).map(([name, { type, dims, data }]) => [
          name,
          tensor(type === "int32" ? "i32" : "f32", dims, data as Float32Array | Int32Array),
        ]),
      );
    },
    close: () => session.release(),
  };
};

export type Given = { readonly tensors: Tensors; readonly sizes: Sizes };

/** Fails unless one file has the evaluator's values for every choice of sizes and tensors; weights are the first one's. */
export const sameInFile = async (
  folder: string,
  source: Graph,
  given: readonly [Given, ...Given[]],
  tolerance: Tolerance = {},
): Promise<void> => {
  const path = join(folder, "same.onnx");
  const weights = Object.fromEntries(
    leavesOf(source).flatMap(({ op, params: { name } }) =>
      op === "weight" ? [[name, given[0].tensors[name] as Tensor]] : [],
    ),
  );
  await exported(binding(source, {}, given[0].sizes)[0], weights, path);
  const file = await opened(path);
  for (const { tensors, sizes } of given) {
    const [graph, all] = binding(source, { ...tensors, ...weights }, sizes);
    same(Object.keys(source), await file.run(all), orThrow(evaluate(graph, all)), tolerance);
  }
  await file.close();
};
