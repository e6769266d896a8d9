// ONNX Runtime as we use it: a session per model, tensors in and out without copies, errors as faults. The runtime is loaded
// when it is first asked for: it has no binary on every platform, and that must be a word to the user, not a crash.
import { availableParallelism } from "node:os";
import { type Fault, type Faulty, fault } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type * as Ort from "onnxruntime-node";
import { freeNow } from "./free.ts";

export type OrtTensor = Ort.Tensor;
type Runtime = typeof Ort;

const noRuntime = (error: unknown): readonly Fault[] => [
  fault(
    "no-onnxruntime",
    "cpu",
    `ONNX Runtime for ${process.platform} ${process.arch}`,
    (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "none",
    "choose another backend with --backend",
  ),
];

/** Faults: no binary for this platform. */
export const loadRuntime: Faulty<Runtime> = TE.tryCatch(async () => {
  const loaded = await import("onnxruntime-node");
  return "default" in loaded ? (loaded.default as Runtime) : loaded;
}, noRuntime);

const threads = availableParallelism();

/** `force_spinning_stop`: the threads of one session do not spin while another runs. */
const options: Ort.InferenceSession.SessionOptions = {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: "sequential",
  enableMemPattern: false,
  logSeverityLevel: 4,
  graphOptimizationLevel: "all",
  extra: { session: { force_spinning_stop: "1" } },
};

type Tensors = Readonly<Record<string, OrtTensor>>;

export type Session = {
  /** Computes the outputs into the tensors that stand under their names. */
  readonly run: (feeds: Tensors, fetches: Tensors) => Faulty<void>;
  readonly dispose: () => void;
};

const runtimeFault = (what: string, error: unknown): readonly Fault[] => {
  const message = error instanceof Error ? error.message : String(error);
  const isMemory = /alloc|out of memory/i.test(message);
  return [
    isMemory
      ? fault("out-of-memory", what, "memory for its tensors", message, "shorten the prompt or choose another backend")
      : fault("onnxruntime", what, "a run without errors", message),
  ];
};

const buffersOf = (tensors: Tensors): readonly ArrayBuffer[] =>
  Object.values(tensors).map(({ data }) => (data as Float32Array<ArrayBuffer>).buffer);

/**
 * What ONNX Runtime wrote into tensors of ours it gives back a second time, as copies. A training step's are as large as its
 * state: left to the garbage collector, they call it every few steps, and it takes longer than the copying.
 */
const dropCopies = (results: Tensors, fetches: Tensors): void => {
  const ours = new Set(buffersOf(fetches));
  freeNow([...new Set(buffersOf(results))].filter((buffer) => !ours.has(buffer)));
};

/**
 * A model made ready. Where it is `pooled`, ONNX Runtime takes memory for values in ever larger pieces, up to twice what they
 * need, and keeps it for the next run: faster where there are many values. Faults: a model that ONNX Runtime refuses.
 */
export const openSession = (runtime: Runtime, model: Uint8Array, pooled = false): Faulty<Session> =>
  pipe(
    TE.tryCatch(
      () => runtime.InferenceSession.create(model, { ...options, enableCpuMemArena: pooled }),
      (e) => runtimeFault("onnx model", e),
    ),
    TE.map(
      (session): Session => ({
        run: (feeds, fetches) =>
          TE.tryCatch(
            async () => dropCopies(await session.run(feeds, fetches), fetches),
            (e) => runtimeFault("onnx run", e),
          ),
        dispose: () => {
          void session.release();
        },
      }),
    ),
  );

export type { Runtime };
