// How does Dawn (the WebGPU of Node) come up, with every Vulkan driver of the machine in view?
// Dawn opens `libvulkan.so.1` by name. Where the system has none, SwiftShader's copy is made resident first: a later
// dlopen by the same soname then finds it, so nothing is written beside dawn.node and LD_LIBRARY_PATH stays as it is.
// The system's loader and drivers always come first; SwiftShader is only added to what they offer.

import { constants } from "node:os";
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

/** A list the user has set is extended at its end; otherwise the driver is added to the ones the loader searches. */
const driverVariable = (): string =>
  ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].find((v) => process.env[v]) ?? "VK_ADD_DRIVER_FILES";

/** The variable matters only while an instance is made, so it is put back: child processes see what the user set. */
const withSwiftShader = async <A>(run: () => Promise<A>): Promise<A> => {
  const { swiftshader } = prepareDrivers();
  if (E.isLeft(swiftshader)) return run();
  const name = driverVariable();
  const before = process.env[name];
  process.env[name] = before ? `${before}:${swiftshader.right.icd}` : swiftshader.right.icd;
  try {
    return await run();
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
  return withSwiftShader(async () => {
    try {
      return E.right(await keep(binding.right.create([...options])).requestAdapter(request));
    } catch (e) {
      return E.left(fault("no-adapter", "requestAdapter", "an adapter", String(e)));
    }
  });
};

/** What is missing for a Vulkan adapter, in words; empty where nothing is. */
export const whyNoVulkan = (): readonly string[] => {
  const { swiftshader, loader } = prepareDrivers();
  const noLoader = loader ? [] : ["no Vulkan loader (libvulkan.so.1) on this system"];
  return [...noLoader, ...(E.isLeft(swiftshader) ? [swiftshader.left] : [])];
};
