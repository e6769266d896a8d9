// The whole command, with a peer that is played by a few lines of JavaScript: what it costs to run is not the point here.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openBackend } from "../../src/backends.ts";
import type { Ended } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const runner = fileURLToPath(new URL("../../../../scripts/run.mjs", import.meta.url));
const T = 4;
const D = 16;

/** Says what Python would say, saves zeros, and prints its line. */
const wellBehaved = `
import { writeFileSync } from "node:fs";
const args = process.argv.slice(2);
const after = (name) => args[args.indexOf(name) + 1];
const bytes = ${T * T * D * 4};
const header = JSON.stringify({ parts: { dtype: "F32", shape: [${T}, ${T}, ${D}], data_offsets: [0, bytes] } });
const length = Buffer.alloc(8);
length.writeBigUInt64LE(BigInt(header.length));
if (args.includes("--save")) writeFileSync(after("--save"), Buffer.concat([length, Buffer.from(header), Buffer.alloc(bytes)]));
console.log("a warning of some library");
console.log(JSON.stringify({ seconds: 0.5, first: 0.25, peak_bytes: 4096, tokens: ${T} }));
`;

type Played = { readonly folder: string; readonly args: readonly string[] };

/** A checkpoint and a `python3` that runs a script with Node. */
const played = async (script: string): Promise<Played> => {
  const folder = await newFolder();
  await writeCheckpoint(folder);
  const [python, peer] = [join(folder, "python3"), join(folder, "peer.mjs")];
  const word = JSON.stringify({ executable: python, version: "3.0", torch: "0.0", threads: 1 });
  await writeFile(peer, script);
  await writeFile(
    python,
    `#!/bin/sh\nif [ "$1" = -c ]; then echo '${word}'; else exec '${process.execPath}' "$@"; fi\n`,
  );
  await chmod(python, 0o755);
  const model = ["--model", folder, "--tokens", `${T}`, "--turns", "1", "--runs", "1"];
  return { folder, args: [...model, "--python", python, "--peer", peer] };
};

type Watch = { readonly env?: NodeJS.ProcessEnv; readonly watch?: (child: ChildProcess) => void };

const bench = (args: readonly string[], { env = process.env, watch }: Watch = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [runner, "packages/depass/bench/peer.ts", ...args], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (chunk) => {
        texts[name] += chunk;
      });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...texts }));
    watch?.(child);
  });

const runtime = await openBackend({ backend: "cpu" })();
const missing =
  process.platform === "win32" ? "no shell scripts" : E.isLeft(runtime) ? "no ONNX Runtime here" : undefined;

const onCpu = (name: string, script: string, run: (played: Played) => Promise<void>): void => {
  if (missing !== undefined) {
    test.skip(name, () => undefined);
    console.log(`skipped: ${name}: ${missing}`);
    return;
  }
  test(name, async () => {
    const own = await played(script);
    await run(own).finally(() => remove(own.folder));
  });
};

onCpu(
  "both sides are measured, and a peer that computes something else is found out",
  wellBehaved,
  async ({ args }) => {
    const { code, stdout, stderr } = await bench([...args, "--json"]);
    const said = JSON.parse(stdout);
    assert.is(code, 1, stderr);
    assert.is(said.peer.torch, "0.0");
    assert.equal(
      said.rows.map((row: { answer: string }) => row.answer),
      ["one", "all"],
    );
    assert.is(said.rows[0].peer.seconds.median, 0.5);
    assert.is(said.rows[0].time.median, 0.5 / said.rows[0].ours.seconds.median);
    assert.ok(said.rows[1].agreement.all > 1, "nothing is near to zeros");
    assert.ok(said.cold.wall.median > said.cold.run.median);
    assert.ok(said.lengths.peak > 2 ** 20);
  },
);

const failing = 'console.error("Traceback:\\n  no kernel image is available"); process.exitCode = 3;';

onCpu("a peer that fails is told with its last words", failing, async ({ args }) => {
  const { code, stderr } = await bench(args);
  assert.is(code, 1);
  assert.match(stderr, "the peer: expected an end with status 0, got status 3:\n  Traceback:\n    no kernel image");
});

const endless = 'console.error("endless"); setInterval(() => undefined, 1000);';

onCpu("a peer that takes too long is ended", endless, async ({ args }) => {
  const { code, stderr } = await bench([...args, "--limit", "10"]);
  assert.is(code, 1);
  assert.match(stderr, "the peer: expected an end with status 0, got still running after 10 s:\n  endless");
});

/** Leaves one note when it runs and another when it is told to end. */
const telling = (folder: string): string => `
import { writeFileSync } from "node:fs";
const note = (name) => writeFileSync(${JSON.stringify(folder)} + "/" + name, "");
process.on("SIGINT", () => { note("ended"); process.exit(); });
note("started");
${endless}`;

const noted = async (folder: string, name: string): Promise<void> => {
  for (let tries = 0; tries < 400 && !existsSync(join(folder, name)); tries++) await sleep(50);
  assert.ok(existsSync(join(folder, name)), `the peer has ${name}`);
};

onCpu("an interrupt ends the peer and leaves no file", wellBehaved, async ({ folder, args }) => {
  await writeFile(join(folder, "peer.mjs"), telling(folder));
  const { code } = await bench(args, {
    env: { ...process.env, TMPDIR: folder },
    watch: (child) => void noted(folder, "started").finally(() => child.kill("SIGINT")),
  });
  assert.is(code, 130);
  await noted(folder, "ended");
  assert.not(readdirSync(folder).some((name) => name.startsWith("depass-bench-")));
});

test.run();
