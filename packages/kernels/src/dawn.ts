// How does Dawn (the WebGPU of Node) come up, with every Vulkan driver of the machine in view?
// Dawn opens `libvulkan.so.1` by name. Where the system has none, SwiftShader's copy is made resident first: a later
// dlopen by the same soname then finds it, so nothing is written beside dawn.node and LD_LIBRARY_PATH stays as it is.
// The system's loader and drivers always come first; SwiftShader is only added to what they offer.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { findSwiftShader, type SwiftShader } from "./swiftshader.ts";

/** dlfcn.h: keep the library in memory when its last handle is closed. Node closes what is no Node module. */
const RTLD_NODELETE = 0x1000;

/**
 * Loads a plain shared library for the life of the process. `process.dlopen` opens it, finds no Node module in it,
 * closes it and throws; with NODELETE it stays. Any other complaint means that it could not be opened.
 */
const makeResident = (library: string): boolean => {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
    return true;
  } catch (e) {
    return String(e).includes("did not self-register");
  }
};

type Drivers = { readonly swiftshader: E.Either<string, SwiftShader>; readonly loader: boolean };

let drivers: Drivers | undefined;

/** Runs once: unpacks SwiftShader if it is there and sees to it that some Vulkan loader is. */
const prepareDrivers = (): Drivers => {
  if (drivers !== undefined) return drivers;
  const swiftshader = findSwiftShader();
  const loader =
    process.platform !== "linux" ||
    makeResident("libvulkan.so.1") ||
    (E.isRight(swiftshader) && makeResident(swiftshader.right.loader));
  drivers = { swiftshader, loader };
  return drivers;
};

const searched = ["/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/usr/share/vulkan/icd.d"] as const;

const jsonsIn = (folder: string): readonly string[] =>
  existsSync(folder) ? readdirSync(folder).flatMap((f) => (f.endsWith(".json") ? [join(folder, f)] : [])) : [];

/** Loaders before 1.3.207 (Ubuntu 22.04 has 1.3.204) know no VK_ADD_DRIVER_FILES. The mapped file's name tells. */
export const isOldLoader = (maps: string): boolean => {
  const [, minor, patch] = /libvulkan\.so\.1\.(\d+)\.(\d+)/.exec(maps) ?? [];
  return minor !== undefined && Number(minor) * 1000 + Number(patch) < 3207;
};

/** A list the user has set is extended at its end; otherwise the driver is added to the ones the loader searches. */
const driverVariable = (): { readonly name: string; readonly others: readonly string[] } => {
  const set = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].find((v) => process.env[v]);
  if (set !== undefined) return { name: set, others: [process.env[set] ?? ""] };
  const old = existsSync("/proc/self/maps") && isOldLoader(readFileSync("/proc/self/maps", "utf8"));
  if (old) return { name: "VK_ICD_FILENAMES", others: searched.flatMap(jsonsIn) };
  const added = process.env.VK_ADD_DRIVER_FILES;
  return { name: "VK_ADD_DRIVER_FILES", others: added ? [added] : [] };
};

/**
 * The variable matters only while an instance looks for adapters, which happens within the call; then it is put back, so
 * that neither child processes nor other requests see ours.
 */
const withSwiftShader = <A>(call: () => A): A => {
  const { swiftshader } = prepareDrivers();
  if (E.isLeft(swiftshader)) return call();
  const { name, others } = driverVariable();
  const before = process.env[name];
  process.env[name] = [...others, swiftshader.right.icd].join(":");
  try {
    return call();
  } finally {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
};

type Binding = { readonly create: (options: string[]) => GPU };

/** Instances are referenced for ever: Dawn crashes or hangs once the object that `create` returned is collected. */
const kept = Symbol.for("depass.dawn.instances");
const keep = (gpu: GPU): GPU => {
  const root = globalThis as { [kept]?: GPU[] };
  root[kept] = [...(root[kept] ?? []), gpu];
  return gpu;
};

const loadBinding = async (): Promise<E.Either<Fault, Binding>> => {
  try {
    return E.right((await import("webgpu")) as Binding);
  } catch (e) {
    const where = `webgpu for ${process.platform}-${process.arch}`;
    return E.left(fault("no-dawn", where, "Dawn's binary", String(e), "run on the CPU backend instead"));
  }
};

/** Dawn with given `create` options, and one adapter request on it; null where Dawn finds no adapter. */
export const requestAdapter = async (
  options: readonly string[],
  request: GPURequestAdapterOptions = {},
): Promise<E.Either<Fault, GPUAdapter | null>> => {
  const binding = await loadBinding();
  if (E.isLeft(binding)) return binding;
  const { create } = binding.right;
  try {
    return E.right(await withSwiftShader(() => keep(create([...options])).requestAdapter(request)));
  } catch (e) {
    return E.left(fault("no-adapter", "requestAdapter", "an adapter", String(e)));
  }
};

/** What is missing for a Vulkan adapter, in words; empty where nothing is. */
export const whyNoVulkan = (): readonly string[] => {
  const { swiftshader, loader } = prepareDrivers();
  const noLoader = loader ? [] : ["no Vulkan loader (libvulkan.so.1) on this system"];
  return [...noLoader, ...(E.isLeft(swiftshader) ? [swiftshader.left] : [])];
};
