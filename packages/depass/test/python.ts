// Python with ONNX's own checker and runtime, where this machine has it: what other people open our files with.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

const python = async (code: string, args: readonly string[] = []): Promise<string> =>
  (await run("python3", ["-c", code, ...args], { maxBuffer: 2 ** 28 })).stdout;

const reason = (await python("import numpy, onnx, onnxruntime").then(
  () => undefined,
  () => "python3 has no numpy, onnx and onnxruntime here",
)) as string | undefined;

/** Whether Python has what it takes; where not, says that the test named is skipped. */
export const hasPython = (name: string): boolean => {
  if (reason !== undefined) console.log(`skipped: ${name}: ${reason}`);
  return reason === undefined;
};

/** Throws with ONNX's own message where a file is not as the standard has it, shapes included. */
export const checkModel = async (path: string): Promise<void> => {
  await python("import onnx, sys; onnx.checker.check_model(sys.argv[1], full_check=True)", [path]);
};

const runner = `
import json, numpy, onnxruntime, sys
session = onnxruntime.InferenceSession(sys.argv[1])
feeds = {name: numpy.array(ids, numpy.int32) for name, ids in json.loads(sys.argv[2]).items()}
names = [output.name for output in session.get_outputs()]
print(json.dumps({name: value.flatten().tolist() for name, value in zip(names, session.run(None, feeds))}))
`;

/** All outputs, flat, for ids by the names of inputs. */
export const runModel = async (
  path: string,
  ids: Readonly<Record<string, readonly number[]>>,
): Promise<Readonly<Record<string, readonly number[]>>> =>
  JSON.parse(await python(runner, [path, JSON.stringify(ids)]));

/** What a program prints. */
export const runProgram = (lines: readonly string[]): Promise<string> => python(lines.join("\n"));
