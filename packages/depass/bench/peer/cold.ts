// The `depass` command, in a process of its own that says at its end, in one more line, how much memory it held at most.
import { writeSync } from "node:fs";
import { peakResident } from "./resident.ts";

process.on("exit", () => writeSync(1, `\n${JSON.stringify({ peak: peakResident() })}\n`));
await import("../../src/cli/main.ts");
