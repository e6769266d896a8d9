// How does a test call the command? As a process of its own, as a shell would, with nothing of the tests' terminal; or,
// much sooner, within the test's own process, where only arguments and output matter.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { call } from "../src/cli/call.ts";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
/** The loader by its place: the working directory may be anywhere. */
const loader = import.meta.resolve("tsx");
const tsconfig = fileURLToPath(new URL("../../../tsconfig.base.json", import.meta.url));

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Call = {
  /** What is piped in; none is an empty pipe. */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Given the process as soon as it runs. */
  readonly watch?: (child: ChildProcess) => void;
};

export const depass = (args: readonly string[], { input = "", env = {}, cwd, watch }: Call = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const { FORCE_COLOR: _f, NO_COLOR: _n, ...own } = process.env;
    const child = spawn(process.execPath, ["--import", loader, main, ...args], {
      env: { ...own, TSX_TSCONFIG_PATH: tsconfig, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    const texts = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      texts.stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      texts.stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...texts }));
    child.stdin.on("error", () => undefined); // a command that fails early reads nothing
    child.stdin.end(input);
    watch?.(child);
  });

/** The same in this process: one call at a time, and standard input is the tests'. */
export const called = async (args: readonly string[]): Promise<Pick<Ended, "code" | "stdout" | "stderr">> => {
  const texts = { stdout: "", stderr: "" };
  const writes = { stdout: process.stdout.write, stderr: process.stderr.write };
  const before = process.exitCode;
  for (const name of ["stdout", "stderr"] as const)
    process[name].write = (chunk: string | Uint8Array): boolean => {
      texts[name] += chunk;
      return true;
    };
  process.exitCode = 0;
  try {
    await call(args);
    return { code: Number(process.exitCode), ...texts };
  } finally {
    Object.assign(process.stdout, { write: writes.stdout });
    Object.assign(process.stderr, { write: writes.stderr });
    process.exitCode = before;
  }
};

/** Whether this machine has an adapter; where not, says that the test named is skipped. */
export const onDevice = async (name: string): Promise<boolean> => {
  const { stdout } = await depass(["devices", "--json"]);
  const found = (JSON.parse(stdout) as { adapters: readonly unknown[] }).adapters.length > 0;
  if (!found) console.log(`skipped: ${name}: no adapter here`);
  return found;
};
