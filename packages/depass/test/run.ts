// How does a test call the command? As a process of its own, as a shell would, with nothing of the tests' terminal.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));

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
    const child = spawn(process.execPath, ["--import", "tsx", main, ...args], {
      env: { ...own, ...env },
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
