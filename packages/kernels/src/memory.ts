// How many bytes may buffers take on a device when the user names no budget?
// WebGPU does not tell. A software adapter lives in the machine's memory, which the system tells; for a GPU the driver
// is asked beside WebGPU (NVIDIA's tool, the Linux kernel for AMD), and where nobody answers a modest guess stands.

import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { availableMemory, platform } from "node:process";
import { promisify } from "node:util";
import type { AdapterRecord } from "./adapters.ts";

const GiB = 2 ** 30;

/** Left to the driver, other programs and fragmentation. */
const share = 0.85;

/** A GPU nobody vouches for: most have this much. */
const guess = 4 * GiB;

/** Half of what is free: the weights' source file and results live there as well. */
const hostBudget = (): number => availableMemory() / 2;

/** `NVIDIA H200, 143771` (MiB), a line per GPU. */
const nvidiaBytes = async (name: string): Promise<number | undefined> => {
  const query = ["--query-gpu=name,memory.free", "--format=csv,noheader,nounits"];
  const { stdout } = await promisify(execFile)("nvidia-smi", query, { timeout: 5000 });
  const line = stdout.split("\n").find((l) => l.startsWith(`${name},`));
  const mib = Number(line?.split(",").at(-1));
  return Number.isFinite(mib) && mib > 0 ? mib * 2 ** 20 : undefined;
};

/** The largest card's memory, as amdgpu reports it. */
const amdBytes = async (): Promise<number | undefined> => {
  const root = "/sys/class/drm";
  const cards = (await readdir(root)).filter((c) => /^card\d+$/.test(c));
  const read = cards.map((c) => readFile(join(root, c, "device", "mem_info_vram_total"), "utf8").catch(() => "0"));
  const bytes = Math.max(0, ...(await Promise.all(read)).map(Number));
  return bytes > 0 ? bytes : undefined;
};

const videoBytes = async ({ name, vendor }: AdapterRecord): Promise<number | undefined> => {
  try {
    if (vendor === "nvidia") return await nvidiaBytes(name);
    if (vendor === "amd" && platform === "linux") return await amdBytes();
  } catch {
    // No tool, no answer: the guess stands.
  }
  return undefined;
};

/** Bytes that buffers on this adapter may take together, unless the user says otherwise. */
export const defaultBudget = async (adapter: AdapterRecord): Promise<number> => {
  if (adapter.kind === "software") return Math.floor(hostBudget());
  if (adapter.backend === "metal") return Math.floor(totalmem() / 2);
  return Math.floor(((await videoBytes(adapter)) ?? guess / share) * share);
};
