// Where is SwiftShader, the software Vulkan driver, on this machine?
// It comes inside the optional package @sparticuz/chromium as bin/swiftshader.tar.br (Linux x64 only). It is unpacked
// once into a cache folder; every process finds it there afterwards. Absent is a normal answer: a reason, not a fault.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import * as E from "fp-ts/lib/Either.js";

/** Absolute paths: the Vulkan loader library and the json that tells a loader of the SwiftShader driver beside it. */
export type SwiftShader = { readonly loader: string; readonly icd: string };

const archiveName = "@sparticuz/chromium/bin/swiftshader.tar.br";
const loaderFile = "libvulkan.so.1";
const driverFile = "libvk_swiftshader.so";
const icdFile = "vk_swiftshader_icd.json";
const wanted: readonly string[] = [loaderFile, driverFile, icdFile];

/** The package exports no subpaths, so its folder is found through its main file: …/chromium/build/cjs/index.cjs. */
const findArchive = (): E.Either<string, string> => {
  if (process.platform !== "linux" || process.arch !== "x64")
    return E.left(`SwiftShader is packaged for linux-x64 only, this is ${process.platform}-${process.arch}`);
  const main = E.tryCatch(
    () => createRequire(import.meta.url).resolve("@sparticuz/chromium"),
    () => "SwiftShader is not here: the optional package @sparticuz/chromium is not installed",
  );
  if (E.isLeft(main)) return main;
  const archive = join(dirname(main.right), "..", "..", "bin", "swiftshader.tar.br");
  return existsSync(archive) ? E.right(archive) : E.left(`SwiftShader is not here: no ${archiveName}`);
};

const text = (block: Uint8Array, from: number, to: number): string => {
  const field = Buffer.from(block.subarray(from, to)).toString("latin1");
  return field.split("\0", 1)[0] ?? "";
};

/** Plain files of a ustar archive by base name: 512-byte headers (name at 0, octal size at 124, type at 156) and data. */
export const readTar = (tar: Uint8Array): ReadonlyMap<string, Uint8Array> => {
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const header = tar.subarray(at, at + 512);
    const size = Number.parseInt(text(header, 124, 136).trim(), 8);
    const isFile = header[156] === 0x30 || header[156] === 0;
    const name = text(header, 0, 100).split("/").at(-1) ?? "";
    if (isFile) files.set(name, tar.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
};

const isComplete = (folder: string): boolean => wanted.every((f) => existsSync(join(folder, f)));

/** Shared libraries are loaded from here, so nobody else may be able to write: ours, and not group- or world-writable. */
const isPrivate = (folder: string): boolean => {
  const { uid, mode } = statSync(folder);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
};

/** Unpacks beside the final place and renames: a reader never sees half a folder, and the second of two writers loses. */
const unpackInto = (folder: string, files: ReadonlyMap<string, Uint8Array>): void => {
  const temporary = mkdtempSync(`${folder}-`);
  try {
    for (const f of wanted) writeFileSync(join(temporary, f), files.get(f) ?? "", { mode: 0o755 });
    if (existsSync(folder) && !isComplete(folder)) rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
  } catch (e) {
    rmSync(temporary, { recursive: true, force: true });
    if (!isComplete(folder)) throw e;
  }
};

const candidates = (): readonly string[] => {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return [join(cache, "depass"), join(tmpdir(), `depass-${process.getuid?.() ?? 0}`)];
};

const paths = (folder: string): SwiftShader => ({ loader: join(folder, loaderFile), icd: join(folder, icdFile) });

const unpackAt = (parent: string, name: string, archive: Uint8Array): E.Either<string, SwiftShader> =>
  E.tryCatch(
    () => {
      mkdirSync(parent, { recursive: true, mode: 0o700 });
      const folder = join(parent, name);
      if (!isPrivate(parent)) throw new Error("others can write there");
      if (!isComplete(folder)) unpackInto(folder, readTar(brotliDecompressSync(archive)));
      return paths(folder);
    },
    (e) => `${parent}: ${e instanceof Error ? e.message : e}`,
  );

/**
 * SwiftShader's files, unpacked at the first call on a machine (about 0.2 s, 7 MB); `left` says why there is none.
 * The folder's name carries a hash of the archive, so another version of the package never meets an old folder.
 */
export const findSwiftShader = (): E.Either<string, SwiftShader> => {
  const archive = findArchive();
  if (E.isLeft(archive)) return archive;
  const bytes = readFileSync(archive.right);
  const name = `swiftshader-${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`;
  const tried: string[] = [];
  for (const parent of candidates()) {
    const found = unpackAt(parent, name, bytes);
    if (E.isRight(found)) return found;
    tried.push(found.left);
  }
  return E.left(`SwiftShader could not be unpacked: ${tried.join("; ")}`);
};
