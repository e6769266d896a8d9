import { mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunOptions } from "@depass/graph";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type HubId, hubIdOf } from "../../src/hub/id.ts";
import type { HubSettings } from "../../src/hub/settings.ts";
import { snapshot } from "../../src/hub/snapshot.ts";
import { left, right } from "../either.ts";
import { inFolder } from "../folder.ts";
import { type Hub, type HubModel, startHub, type Trouble } from "./server.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const weights = Buffer.alloc(300_000, "weights ");

const model: HubModel = {
  repo: "me/tiny",
  commit: COMMIT,
  revisions: ["main", "refs/pr/1"],
  files: {
    "README.md": Buffer.from("read me"),
    "config.json": Buffer.from("{}"),
    "generation_config.json": Buffer.from('{"eos_token_id":1}'),
    "pytorch_model.bin": Buffer.from("a pickle"),
    "tokenizer.json": Buffer.from('{"é":1}'),
    "model.safetensors": weights,
  },
};

const sharded: HubModel = {
  ...model,
  repo: "me/sharded",
  files: {
    "config.json": Buffer.from("{}"),
    "tokenizer.json": Buffer.from("{}"),
    "model.safetensors.index.json": Buffer.from('{"weight_map":{"x":"b.safetensors","y":"a.safetensors"}}'),
    "a.safetensors": Buffer.from("first"),
    "b.safetensors": Buffer.from("second"),
    "c.safetensors": Buffer.from("of another layout"),
  },
};

const pickled: HubModel = {
  ...model,
  repo: "me/pickled",
  files: { "config.json": Buffer.from("{}"), "pytorch_model.bin": weights },
};
const secret: HubModel = { ...model, repo: "me/secret", token: "hf_secret" };
const quantised: HubModel = {
  ...model,
  repo: "me/quantised",
  files: { "m.Q4_0.gguf": weights, "README.md": Buffer.from("") },
};

type Fetch = (
  name: string,
  more?: Partial<HubSettings>,
  options?: RunOptions,
) => ReturnType<ReturnType<typeof snapshot>>;

/** A hub with all models, and a cache of its own. */
const withHub = (trouble: Trouble, use: (fetch: Fetch, hub: Hub, cache: string) => Promise<void>): Promise<void> =>
  inFolder(async (cache) => {
    const hub = await startHub([model, sharded, pickled, secret, quantised], trouble);
    const settings: HubSettings = { endpoint: hub.endpoint, cache, offline: false, pauses: [0, 0] };
    const fetch: Fetch = (name, more, options) => snapshot(hubIdOf(name) as HubId, { ...settings, ...more }, options)();
    try {
      await use(fetch, hub, cache);
    } finally {
      await hub.close();
    }
  });

const downloads = ({ requests }: Hub): readonly string[] =>
  requests
    .filter(({ url, large }) => large || (url.includes("/resolve/") && !url.endsWith(".safetensors")))
    .map(({ url }) => url);

const blobsIn = async (cache: string, folder = "models--me--tiny"): Promise<readonly string[]> =>
  readdir(join(cache, folder, "blobs")).catch(() => []);

/** No name of a blob is that of a file that is not all there. */
const partsIn = async (cache: string): Promise<readonly string[]> =>
  (await blobsIn(cache)).filter((name) => name.endsWith(".incomplete"));

const wholeIn = async (cache: string): Promise<readonly string[]> =>
  (await blobsIn(cache)).filter((name) => !name.endsWith(".incomplete"));

test("what is needed comes down, once, in the layout that other tools share", () =>
  withHub({}, async (fetch, hub, cache) => {
    const { folder, name } = right(await fetch("me/tiny"));
    assert.is(name, `me/tiny@${COMMIT}`);
    assert.is(folder, join(cache, "models--me--tiny", "snapshots", COMMIT));
    assert.equal((await readdir(folder)).sort(), [
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "tokenizer.json",
    ]);
    assert.ok((await readFile(join(folder, "model.safetensors"))).equals(weights));
    assert.match(await readlink(join(folder, "config.json")), /^\.\.[/\\]\.\.[/\\]blobs[/\\][0-9a-f]{40}$/);
    assert.match(await readlink(join(folder, "model.safetensors")), /blobs[/\\][0-9a-f]{64}$/);
    assert.is(await readFile(join(cache, "models--me--tiny", "refs", "main"), "utf8"), COMMIT);
    assert.is(downloads(hub).length, 4);
    right(await fetch("me/tiny"));
    right(await fetch("me/tiny@refs/pr/1"));
    assert.is(downloads(hub).length, 4);
    assert.is(await readFile(join(cache, "models--me--tiny", "refs", "refs", "pr", "1"), "utf8"), COMMIT);
    const before = hub.requests.length;
    right(await fetch(`me/tiny@${COMMIT}`));
    assert.is(hub.requests.length, before, "a commit that is there is not asked for");
  }));

test("shards as their index names them; one GGUF file of a model", () =>
  withHub({}, async (fetch, hub) => {
    const { folder } = right(await fetch("me/sharded"));
    const files = ["a.safetensors", "b.safetensors", "config.json", "model.safetensors.index.json", "tokenizer.json"];
    assert.equal((await readdir(folder)).sort(), files);
    const gguf = right(await fetch("me/quantised/m.Q4_0.gguf"));
    assert.equal(await readdir(gguf.folder), ["m.Q4_0.gguf"]);
    assert.match(
      left(await fetch("me/quantised")),
      /only m\.Q4_0\.gguf; name a file of it: me\/quantised\/m\.Q4_0\.gguf/,
    );
    assert.match(left(await fetch("me/quantised/n.gguf")), /a file n\.gguf, got m\.Q4_0\.gguf/);
    assert.not.ok(downloads(hub).some((url) => url.includes("README") || url.includes("c.safetensors")));
  }));

test("weights only as a pickle are refused before anything is downloaded", () =>
  withHub({}, async (fetch, hub) => {
    assert.match(left(await fetch("me/pickled")), /only pytorch_model\.bin; convert it once, in Python/);
    assert.equal(downloads(hub), []);
  }));

test("no such model, revision or right to it", () =>
  withHub({}, async (fetch, hub) => {
    assert.match(left(await fetch("me/nothing")), /me\/nothing@main: .*status 404 \(Repository not found/);
    assert.match(left(await fetch("me/tiny@v9")), /me\/tiny@v9: .*status 404 \(Invalid rev id: v9/);
    assert.match(left(await fetch("me/secret")), /status 401 \(Access .*HF_TOKEN/);
    assert.match(left(await fetch("me/secret", { token: "hf_other" })), /status 401/);
    right(await fetch("me/secret", { token: "hf_secret" }));
    const large = hub.requests.filter((request) => request.large);
    assert.is(large.length, 1);
    assert.is(large[0]?.authorization, undefined, "the token is not sent to where the hub sends us");
  }));

test("a connection that breaks is taken up where it broke", () =>
  withHub({ breaks: { "model.safetensors": [100_000, 50_000], "config.json": [1] } }, async (fetch, hub) => {
    const { folder } = right(await fetch("me/tiny"));
    assert.ok((await readFile(join(folder, "model.safetensors"))).equals(weights));
    assert.equal(
      hub.requests.filter(({ large }) => large).map(({ range }) => range),
      [undefined, "bytes=100000-", "bytes=150000-"],
    );
  }));

test("a connection that keeps breaking is a fault, and the next call goes on", () =>
  withHub({ breaks: { "model.safetensors": [1000, 1000, 1000] } }, async (fetch, hub, cache) => {
    assert.match(left(await fetch("me/tiny")), /model\.safetensors: expected .*; try again: it goes on where it ended/);
    assert.is((await wholeIn(cache)).length, 3);
    assert.is((await partsIn(cache)).length, 1);
    right(await fetch("me/tiny"));
    assert.equal(await partsIn(cache), []);
    assert.is(hub.requests.at(-1)?.range, "bytes=3000-");
  }));

test("a server that does not heed ranges is read from the start again", () =>
  withHub({ breaks: { "model.safetensors": [1000] }, whole: true }, async (fetch) => {
    const { folder } = right(await fetch("me/tiny"));
    assert.ok((await readFile(join(folder, "model.safetensors"))).equals(weights));
  }));

for (const [what, other, message] of [
  ["too short", weights.subarray(0, 5000), /expected 300000 bytes|status 416/],
  ["too long", Buffer.concat([weights, weights]), /expected 300000 bytes, got more/],
  ["of another hash", Buffer.from(weights).fill("x", 9, 10), /expected bytes of hash [0-9a-f]{64}/],
] as const)
  test(`a file that is ${what} never gets into the cache`, () =>
    withHub({ other: { "model.safetensors": other } }, async (fetch, _, cache) => {
      assert.match(left(await fetch("me/tiny")), message);
      assert.is((await wholeIn(cache)).length, 3);
      const files = await readdir(join(cache, "models--me--tiny", "snapshots", COMMIT));
      assert.not(files.includes("model.safetensors"));
      assert.match(left(await fetch("me/tiny", { offline: true })), /a whole copy in .*, got none, and offline/);
    }));

test("bytes of an earlier try that are wrong are found out and fetched again", () =>
  withHub({ breaks: { "model.safetensors": [1000, 0, 0] } }, async (fetch, _, cache) => {
    left(await fetch("me/tiny"));
    const [part = ""] = await partsIn(cache);
    await writeFile(join(cache, "models--me--tiny", "blobs", part), Buffer.alloc(1000, "no"));
    right(await fetch("me/tiny"));
  }));

test("a blob of the cache that is cut off is fetched again", () =>
  withHub({}, async (fetch, _, cache) => {
    const { folder } = right(await fetch("me/tiny"));
    const blob = join(
      cache,
      "models--me--tiny",
      "blobs",
      (await blobsIn(cache)).find((name) => name.length === 64) ?? "",
    );
    await writeFile(blob, "half");
    right(await fetch("me/tiny"));
    assert.ok((await readFile(join(folder, "model.safetensors"))).equals(weights));
  }));

test("two downloads at once do not write into one file", () =>
  withHub({ breaks: { "model.safetensors": [100_000, 200_000] } }, async (fetch) => {
    const both = await Promise.all([fetch("me/tiny"), fetch("me/tiny")]);
    for (const one of both) assert.ok((await readFile(join(right(one).folder, "model.safetensors"))).equals(weights));
  }));

test("offline, and where the hub is not reached, the cache alone does", () =>
  withHub({}, async (fetch, hub, cache) => {
    assert.match(left(await fetch("me/tiny", { offline: true })), /none, and offline; unset HF_HUB_OFFLINE/);
    right(await fetch("me/tiny"));
    const before = hub.requests.length;
    assert.is(right(await fetch("me/tiny", { offline: true })).name, `me/tiny@${COMMIT}`);
    assert.match(left(await fetch("me/sharded", { offline: true })), /a whole copy/);
    assert.is(hub.requests.length, before);
    const gone = await startHub([]);
    await gone.close();
    const nowhere = { endpoint: gone.endpoint };
    assert.is(right(await fetch("me/tiny", nowhere)).name, `me/tiny@${COMMIT}`);
    assert.match(
      left(await fetch("me/sharded", nowhere)),
      /an answer of http:\/\/127\.0\.0\.1:\d+, got .*ECONNREFUSED/,
    );
    await mkdir(join(cache, "models--me--other", "refs"), { recursive: true });
    await writeFile(join(cache, "models--me--other", "refs", "main"), "../../etc");
    assert.match(left(await fetch("me/other", { offline: true })), /a whole copy/);
  }));

test("statuses of trouble: a word each, and one more try where it may help", () =>
  withHub({ status: { "config.json": 503, "tokenizer.json": 403 } }, async (fetch, hub) => {
    assert.match(left(await fetch("me/tiny")), /config\.json: expected the file, got status 503/);
    assert.is(downloads(hub).length, 3);
  }));

test("a listing that makes no sense is refused", async () => {
  for (const [trouble, message] of [
    [{ sha: "../../x" }, /expected a commit, got "..\/..\/x"/],
    [{ sha: undefined }, /expected a commit, got nothing/],
    [{ listed: { oid: "../x", lfs: undefined } }, /expected a hash, got "..\/x"/],
    [{ listed: { size: -1 } }, /expected a size in bytes, got -1/],
  ] as const)
    await withHub(trouble, async (fetch) => assert.match(left(await fetch("me/tiny")), message));
});

test("progress is told in bytes of each file; a request to stop is heard and the next call goes on", () =>
  withHub({}, async (fetch, hub, cache) => {
    const signal = { aborted: false };
    const said: string[] = [];
    const progress: RunOptions["progress"] = ({ done, total, what }) => {
      said.push(`${what} ${done} of ${total}`);
      if (what.endsWith("safetensors")) signal.aborted = true;
    };
    assert.match(left(await fetch("me/tiny", {}, { signal, progress })), /a request to stop/);
    assert.ok(said.includes("config.json 2 of 2"), said.join());
    assert.is((await partsIn(cache)).length, 1);
    right(await fetch("me/tiny"));
    assert.match(hub.requests.at(-1)?.range ?? "", /^bytes=\d+-$/);
  }));

test.run();
