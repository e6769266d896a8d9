// `pnpm check`: everything a change has to pass, cheapest first: format and lint (with import cycles and who may import
// whom), types, unused code, tests, examples. Each step prints its time; the first that fails prints its output and ends it.

import { capture, scriptOf } from "./processes.mjs";
import { inRepository } from "./repository.mjs";
import { setUp } from "./setup.mjs";

const test = inRepository("scripts", "test.mjs");

/** @returns {readonly (readonly [step: string, ...command: string[]])[]} */
const steps = () => [
  ["biome", scriptOf("@biomejs/biome", "biome"), "check", "--error-on-warnings", "--diagnostic-level=warn"],
  ["tsc", scriptOf("typescript", "tsc"), "-b"],
  ["knip", scriptOf("knip")],
  ["tests", test, "packages/", "scripts/"],
  ["examples", test, "examples/"],
];

/** @returns {Promise<boolean>} */
const check = async () => {
  for (const [step, ...command] of steps()) {
    process.stdout.write(step.padEnd(10));
    const { code, trouble, output, seconds } = await capture(process.execPath, command);
    const detail = /(\d+ passed, .*)\s*$/.exec(output)?.[1] ?? "";
    console.log(`${code === 0 ? "ok  " : "FAIL"} ${seconds.toFixed(1)} s   ${detail}`.trimEnd());
    if (code !== 0) {
      console.log(`\n${output.trim()}\n${trouble ?? ""}\ncheck: ${step} failed`);
      return false;
    }
  }
  return true;
};

process.exitCode = (await setUp()) && (await check()) ? 0 : 1;
