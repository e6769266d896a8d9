// How much memory has this process held at most? Resident bytes, as the system counts them.
import { readFileSync } from "node:fs";

const KiB = 1024;

/** On Linux from the process itself: `maxRSS` would begin with what the parent held when it made this process. */
const highWater = (): string | undefined =>
  process.platform === "linux"
    ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]
    : undefined;

export const peakResident = (): number => KiB * Number(highWater() ?? process.resourceUsage().maxRSS);
