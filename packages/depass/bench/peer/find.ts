// Is there a peer to compare with? A Python with torch and safetensors, and the peer's script. What was named and is not
// there is a fault; what was not named and is not there leaves the comparison out, with a word on why.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Faulty, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { capture } from "../../../../scripts/processes.mjs";
import { lastLine, type Python, python } from "./answers.ts";

export type Present = { readonly kind: "there"; readonly script: string } & Python;

export type Peer = Present | { readonly kind: "skipped"; readonly why: string };

/** Beside the repository, as the expected values are (docs/conformance.md). */
const usual = fileURLToPath(new URL("../../../../../shared/peers/depass_torch.py", import.meta.url));

const question = [
  "import json, platform, sys, torch, safetensors",
  "print(json.dumps({'executable': sys.executable, 'version': platform.python_version(),",
  "                  'torch': str(torch.__version__), 'threads': torch.get_num_threads()}))",
].join("\n");

const PATIENCE = 120; // seconds; torch takes some to load from a cold disk

/** What stands in the way, in the words of Python or of the system. */
const reasonOf = (ended: Awaited<ReturnType<typeof capture>>): string =>
  ended.trouble ?? ended.output.trim().split("\n").at(-1) ?? `status ${ended.code}`;

type Wanted = { readonly python?: string; readonly peer?: string };

/** Faults: a Python that was named and cannot run the peer, or whose word is not understood. */
export const findPeer =
  ({ python: named, peer = usual }: Wanted): Faulty<Peer> =>
  async () => {
    if (!existsSync(peer))
      return E.right({ kind: "skipped", why: "no script beside the repository: name one, --peer" });
    const command = named ?? "python3";
    const ended = await capture(command, ["-c", question], { limitSeconds: PATIENCE });
    if (ended.code === 0 && ended.trouble === null)
      return pipe(
        lastLine(python, ended.stdout, command),
        E.map((found) => ({ kind: "there", script: peer, ...found })),
      );
    const expected = "a Python with torch and safetensors";
    return named === undefined
      ? E.right({ kind: "skipped", why: `${command} is not ${expected}: ${reasonOf(ended)}; name one, --python` })
      : E.left([fault("bench", `--python ${named}`, expected, reasonOf(ended))]);
  };
