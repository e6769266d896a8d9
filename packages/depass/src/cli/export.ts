// `depass export`: the model as an .onnx file, for runtimes that know nothing of this house.
import { type Fault, type Faulty, type Rule, type Seed, type Signal, showDim } from "@depass/graph";
import { showBytes } from "@depass/kernels";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Exported, exportedModel } from "../export.ts";
import { type Sample, showExported } from "../report/export.ts";
import { type ModelOptions, withModel } from "./checkpoint.ts";
import { interruptible } from "./interrupt.ts";
import { type MethodOptions, methodOf } from "./method.ts";
import { usage } from "./outcome.ts";
import { progressLine } from "./progress.ts";
import { print, stdoutInk } from "./terminal.ts";

export type ExportOptions = ModelOptions &
  MethodOptions & {
    readonly out?: string;
    readonly decomposed?: true;
    readonly states?: true;
    readonly force?: true;
    readonly json?: true;
  };

/** Names of options that the caller gave by hand. */
export type Given = ReadonlySet<string>;

const PROMPT = "The capital of France is";
/** Milliseconds that Ctrl-C waits for half-written files to go: as long as a large weight takes. */
const PATIENCE = 60_000;

const methodNames = ["from", "temperature", "special"] as const;

/** Options that nothing would look at, and the place that must be named. */
const placeOf = ({ out, decomposed }: ExportOptions, given: Given): E.Either<readonly Fault[], string> => {
  const idle = decomposed ? [] : methodNames.filter((name) => given.has(name));
  const faults = idle.map((name) => usage(`--${name}`, "--decomposed with it", "none"));
  if (out === undefined)
    faults.push(usage("--out", "a name that ends in .onnx", "none", "give one, such as --out a.onnx"));
  return out === undefined || faults.length > 0 ? E.left(faults) : E.right(out);
};

/** A prompt for the Python lines, in the ids of this model. */
const sampleOf = ({ tokenizer }: Model, decomposed: boolean): Sample =>
  pipe(
    tokenizer.encode(PROMPT, { special: true }),
    E.match(
      () => ({ decomposed, prompt: "any ids", ids: [0] }),
      ({ ids }) => ({ decomposed, prompt: PROMPT, ids: [...ids] }),
    ),
  );

/** Shapes as texts: `["T", 49152]`. */
const toJson = ({ files, inputs, outputs, metadata }: Exported): string => {
  const ports = (all: Exported["inputs"]) =>
    all.map(({ name, dtype, shape }) => ({
      name,
      dtype,
      shape: shape.map((d) => (typeof d === "number" ? d : showDim(d))),
    }));
  return JSON.stringify({ files, inputs: ports(inputs), outputs: ports(outputs), metadata });
};

type Method = { readonly seed: Seed; readonly rule: Rule };

const written =
  (model: Model, place: string, method: Method, options: ExportOptions): Faulty<Exported> =>
  async () => {
    const line = progressLine(process.stderr);
    const { decomposed = false, states = false, force = false } = options;
    const task = (signal: Signal) =>
      exportedModel(model, place, { decomposed, states, force, ...method, signal, progress: line.phase("writing") });
    const result = await interruptible(task, line.clear, PATIENCE)();
    line.clear();
    return result;
  };

const printed = (exported: Exported, sample: Sample, { json }: ExportOptions): string =>
  json ? toJson(exported) : showExported(exported, { ink: stdoutInk(), bytes: showBytes, sample }).join("\n");

/** Faults: those of the call, of the checkpoint, of the decomposition and of the disk. */
export const exportFile = (options: ExportOptions, given: Given): Faulty<void> =>
  pipe(
    TE.fromEither(placeOf(options, given)),
    TE.chain((place) =>
      withModel(options, (model) =>
        pipe(
          TE.fromEither(methodOf(options, model)),
          TE.chain(({ level: { seed }, rule }) => written(model, place, { seed, rule }, options)),
          TE.map((exported) => printed(exported, sampleOf(model, options.decomposed === true), options)),
        ),
      ),
    ),
    TE.map(print),
  );
