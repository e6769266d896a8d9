// `npm run page`: bundles the report's page into one module of the package, src/page/built.ts, which is committed: who uses
// the package needs no bundler, and a test says when it is out of date.

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const place = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** @param {string} entry @returns {Promise<string>} its text as one file, as small as it gets */
const bundled = async (entry) => {
  const { outputFiles } = await build({
    entryPoints: [place(entry)],
    bundle: true,
    write: false,
    minify: true,
    charset: "ascii",
    format: "iife",
    target: ["chrome111", "firefox113", "safari16.4"],
    tsconfig: place("tsconfig.json"),
    logLevel: "error",
  });
  return outputFiles[0]?.text.trim() ?? "";
};

/** @param {string} text @returns {string} as a policy names it */
const hashOf = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;

/** @returns {Promise<string>} the module */
export const builtModule = async () => {
  const [script, style] = [await bundled("main.tsx"), await bundled("style.css")];
  if (/<\/(script|style)|<!--/i.test(script + style)) throw new Error("the bundle would end its own element");
  const built = { script, scriptHash: hashOf(script), style, styleHash: hashOf(style) };
  const entries = Object.entries(built).map(([name, text]) => `  ${name}: ${JSON.stringify(text)},`);
  return [
    "// Made by `npm run page` from packages/depass/page. In it: Preact, MIT License, © 2015-present Jason Miller; d3-scale and d3-shape with what they import, ISC License, © 2010-2022 Mike Bostock.",
    "export const built = {",
    ...entries,
    "};",
    "",
  ].join("\n");
};

if (argv[1] === fileURLToPath(import.meta.url)) {
  const text = await builtModule();
  writeFileSync(place("../src/page/built.ts"), text);
  console.log(`built.ts: ${(text.length / 1000).toFixed(1)} kB`);
}
