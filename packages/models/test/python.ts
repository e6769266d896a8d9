// What do others' own programs in Python say? Asked where this machine has them; a test that needs one it lacks is skipped by
// name and counted.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { test } from "uvu";
import { goldenTest } from "./shared.ts";

/** What a program prints as JSON, for `asked` as JSON on its input. */
export const askPython = async (code: string, asked: unknown): Promise<unknown> => {
  const running = promisify(execFile)("python3", ["-c", code], { maxBuffer: 2 ** 28 });
  running.child.stdin?.on("error", () => undefined); // Python that is not there does not read
  running.child.stdin?.end(JSON.stringify(asked));
  return JSON.parse((await running).stdout);
};

type Define = (name: string, run: () => void | Promise<void>) => void;

/** Tests that need a module of Python: `golden` those that need shared/, too. */
export const pythonTests = async (module: string): Promise<{ readonly plain: Define; readonly golden: Define }> => {
  const has = await askPython(`import json, ${module}; print(json.dumps(True))`, null).then(
    () => true,
    () => false,
  );
  const skip: Define = (name) => {
    console.log(`skipped: ${name}: python3 has no ${module} here`);
    test.skip(name, () => undefined);
  };
  return has ? { plain: test, golden: goldenTest } : { plain: skip, golden: skip };
};
