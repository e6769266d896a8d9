import { fileURLToPath } from "node:url";
import { orThrow, showFaults } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findPeer } from "../../../bench/peer/find.ts";

const anyFile = fileURLToPath(import.meta.url);

test("no script, no python3: skipped, with a word on why", async () => {
  const without = orThrow(await findPeer({ peer: "/no/script.py" })());
  assert.equal(without, { kind: "skipped", why: "no script beside the repository: name one, --peer" });
  const { PATH } = process.env;
  process.env.PATH = "/no/folder";
  const found = await findPeer({ peer: anyFile })().finally(() => Object.assign(process.env, { PATH }));
  const { kind, why } = orThrow(found) as { readonly kind: string; readonly why: string };
  assert.is(kind, "skipped");
  assert.match(why, /^python3 is not a Python with torch and safetensors: .*ENOENT.*; name one, --python$/);
});

test("a Python that was named and is not there is a fault", async () => {
  const found = await findPeer({ python: "/no/python", peer: anyFile })();
  assert.match(
    E.isLeft(found) ? showFaults(found.left) : "none",
    "--python /no/python: expected a Python with torch and safetensors, got spawn /no/python ENOENT",
  );
});

test.run();
