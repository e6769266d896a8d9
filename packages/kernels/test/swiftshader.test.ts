import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findSwiftShader, readTar } from "../src/swiftshader.ts";

const test = suite("swiftshader");

const found = findSwiftShader();
if (E.isLeft(found)) console.log(`skipped: SwiftShader tests: ${found.left}`);

const source = join(dirname(fileURLToPath(import.meta.url)), "../src/swiftshader.ts");

/** The answer of another process; the variables are set after its start, for the loader of TypeScript has a cache as well. */
const elsewhere = (env: Record<string, string>): E.Either<string, { loader: string; icd: string }> => {
  const script = `import { findSwiftShader } from ${JSON.stringify(source)};
Object.assign(process.env, ${JSON.stringify(env)});
console.log(JSON.stringify(findSwiftShader()));`;
  const { stdout } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  return JSON.parse(stdout);
};

test("a tar of one file reads back", () => {
  const tar = new Uint8Array(2048);
  tar.set(Buffer.from("some/name.txt"), 0);
  tar.set(Buffer.from("00000000003\0"), 124);
  tar[156] = 0x30;
  tar.set([65, 66, 67], 512);
  assert.equal([...readTar(tar)], [["name.txt", Uint8Array.of(65, 66, 67)]]);
});

if (E.isRight(found)) {
  test("the json names the driver beside it", () => {
    const { ICD } = JSON.parse(readFileSync(found.right.icd, "utf8"));
    assert.ok(existsSync(join(dirname(found.right.icd), ICD.library_path)));
    assert.ok(existsSync(found.right.loader));
  });

  test("unpacks once into the cache folder, repairs it, leaves nothing else behind", () => {
    const cache = mkdtempSync(join(tmpdir(), "depass-test-"));
    const first = elsewhere({ XDG_CACHE_HOME: cache });
    assert.ok(E.isRight(first) && first.right.loader.startsWith(cache));
    rmSync(first.right.icd);
    assert.equal(elsewhere({ XDG_CACHE_HOME: cache }), first);
    assert.ok(existsSync(first.right.icd));
    assert.is(readdirSync(join(cache, "depass")).length, 1);
    rmSync(cache, { recursive: true });
  });

  test("falls back to the temporary folder, and never loads from a folder others can write", () => {
    const [cache, temporary] = [
      mkdtempSync(join(tmpdir(), "depass-test-")),
      mkdtempSync(join(tmpdir(), "depass-test-")),
    ];
    mkdirSync(join(cache, "depass"));
    chmodSync(join(cache, "depass"), 0o777);
    const fallen = elsewhere({ XDG_CACHE_HOME: cache, TMPDIR: temporary });
    assert.ok(E.isRight(fallen) && fallen.right.loader.startsWith(temporary));
    const nowhere = elsewhere({ XDG_CACHE_HOME: "/dev/null", TMPDIR: "/dev/null" });
    assert.ok(E.isLeft(nowhere) && nowhere.left.includes("could not be unpacked"));
    for (const d of [cache, temporary]) rmSync(d, { recursive: true });
  });
}

test.run();
