// `pnpm pack:check`: what a user would install. Builds the packages afresh, packs them to a temporary folder, asks publint
// and attw about each, then installs them in an empty project, imports every export in plain Node,
// type-checks them and calls the command.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { npm, pnpm } from "./pnpm.mjs";
import { capture, scriptOf } from "./processes.mjs";
import { inRepository, packages } from "./repository.mjs";
import { setUp } from "./setup.mjs";

/**
 * Waits for a step and prints how it went; its output where it went wrong.
 * @param {string} step
 * @param {Promise<import("./processes.mjs").Ended>} ending
 * @returns {Promise<boolean>}
 */
const did = async (step, ending) => {
  const { code, trouble, output, seconds } = await ending;
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${step}   ${seconds.toFixed(1)} s`);
  if (code !== 0) console.log(`${output.trim()}\n${trouble ?? ""}`);
  return code === 0;
};

/** @param {readonly string[]} args @param {string} [cwd] */
const node = (args, cwd) => capture(process.execPath, args, cwd ? { cwd } : {});

const manifests = () =>
  packages().map((folder) => JSON.parse(readFileSync(inRepository(folder, "package.json"), "utf8")));

/** @param {string} folder @returns {Promise<boolean>} */
const pack = async (folder) => {
  for (const path of packages()) rmSync(inRepository(path, "dist"), { recursive: true, force: true });
  return (
    (await did("build", node([scriptOf("typescript", "tsc"), "-b", ...packages()]))) &&
    (await did("pack", pnpm(["-r", "--filter", "./packages/*", "pack", "--pack-destination", folder])))
  );
};

/** @param {string} tarball @param {string} name @returns {Promise<boolean>} */
const lint = async (tarball, name) =>
  (await did(`publint ${name}`, node([scriptOf("publint"), "run", tarball, "--strict"]))) &&
  (await did(`attw ${name}`, node([scriptOf("@arethetypeswrong/cli", "attw"), tarball, "--profile", "esm-only"])));

/** pnpm's name for it. @param {{ name: string, version: string }} manifest */
const tarballOf = ({ name, version }) => `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;

/** An empty project that depends on the tarballs beside it. @param {string} folder */
const writeProject = (folder) => {
  mkdirSync(folder);
  const keys = manifests().flatMap(({ name, exports }) => Object.keys(exports).map((key) => name + key.slice(1)));
  const specifiers = keys.filter((key) => !key.includes("*")); // a pattern is for files, which are no modules
  writeFileSync(join(folder, "imports.js"), specifiers.map((name) => `await import("${name}");\n`).join(""));
  writeFileSync(join(folder, "types.ts"), specifiers.map((name, i) => `export * as _${i} from "${name}";\n`).join(""));
  const ours = manifests().map((each) => [each.name, `file:../${tarballOf(each)}`]);
  // Optional peers are asked for, since an export may import one.
  const peers = manifests().flatMap(({ peerDependencies = {} }) => Object.entries(peerDependencies));
  const dependencies = Object.fromEntries([...ours, ...peers]);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
};

/** A user's TypeScript, with the default lib: it holds the DOM, and in it the GPU's types. */
const userOptions = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023"];

/** @param {string} project @returns {Promise<boolean>} */
const use = async (project) =>
  // No package here needs its install script; onnxruntime-node's fetches CUDA libraries, which a CPU has no use for.
  (await did(
    "npm install",
    npm("npm", ["install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"], project),
  )) &&
  (await did("import every export", node(["imports.js"], project))) &&
  (await did(
    "types without skipLibCheck",
    node([scriptOf("typescript", "tsc"), ...userOptions, "types.ts"], project),
  )) &&
  (await did(
    "types of a browser's entries",
    node([scriptOf("typescript", "tsc"), ...userOptions, "--customConditions", "browser", "types.ts"], project),
  )) &&
  (await did("depass --help", npm("npx", ["--no", "depass", "--help"], project)));

/** @returns {Promise<boolean>} */
const check = async () => {
  const folder = mkdtempSync(join(tmpdir(), "depass-pack-"));
  try {
    if (!(await pack(folder))) return false;
    for (const tarball of manifests().map(tarballOf)) if (!(await lint(join(folder, tarball), tarball))) return false;
    writeProject(join(folder, "project"));
    return await use(join(folder, "project"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

process.exitCode = (await setUp()) && (await check()) ? 0 : 1;
