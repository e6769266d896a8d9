// How do we compare with a PyTorch peer on the same cores? The token-level softmax pass of a Llama, in turns with the peer:
//   pnpm bench peer [--model DIR | --shape NAME] [--tokens 16,64,128] [--turns N] [--runs N] [--limit SECONDS]
//     [--python PATH] [--peer SCRIPT] [--json]
// The model is a checkpoint's folder (default: DEPASS_SMOLLM2), or a shape with random weights. SCRIPT is called as
// `python3 SCRIPT --checkpoint DIR --tokens T --runs R [--save FILE]` and prints one JSON line (peer/answers.ts); where there
// is none, or no Python with torch, our own figures are measured all the same. Status 1: a fault, or sides that differ.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { orThrow } from "@depass/graph";
import { askOf } from "./peer/ask.ts";
import { findPeer, type Peer } from "./peer/find.ts";
import { disagreeing, type Report, report } from "./peer/table.ts";
import { type Comparison, coldStarts, compareLength, oneProcess, type Row } from "./peer/turns.ts";

/** Gone when this process is, however it ends. */
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "depass-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const peerLine = (peer: Peer): string =>
  peer.kind === "there"
    ? `the peer: torch ${peer.torch}, ${peer.threads} threads, Python ${peer.version}`
    : `the peer is skipped: ${peer.why}`;

const compared = async (comparison: Comparison): Promise<Report> => {
  const rows: Row[] = [];
  for (const tokens of comparison.ask.tokens) rows.push(...(await compareLength(comparison, tokens)));
  const lengths = await oneProcess(comparison);
  const cold = await coldStarts(comparison);
  return cold === undefined ? { rows, lengths } : { rows, lengths, cold };
};

const main = async (): Promise<void> => {
  const ask = orThrow(askOf(process.argv.slice(2), process.env.DEPASS_SMOLLM2));
  const peer = await findPeer(ask)().then(orThrow);
  if (!ask.json) console.log(peerLine(peer));
  const found = await compared({ ask, peer, folder: newFolder(), say: (line) => console.error(line) });
  const { device, model } = found.lengths;
  if (ask.json) {
    const { turns, runs } = ask;
    console.log(JSON.stringify({ device, node: process.versions.node, model, peer, turns, runs, ...found }, null, 2));
  } else {
    console.log(`ours: ${device}, Node ${process.versions.node}\n${model}\n`);
    console.log(report(found).join("\n"));
  }
  if (disagreeing(found.rows).length > 0) process.exitCode = 1;
};

await main().catch((error: unknown) => {
  console.error(`peer: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
