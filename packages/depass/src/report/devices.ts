// What can run here? Adapters with their limits and features, the reference, and what `auto` takes.
import type { AdapterRecord, Adapters } from "@depass/kernels";
import type { Ink } from "./ink.ts";
import { harmless } from "./visible.ts";
import { wrapWords } from "./width.ts";

const byteLimits: ReadonlySet<string> = new Set([
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
]);

const showLimit = (name: string, value: number, bytes: (n: number) => string): string =>
  byteLimits.has(name) ? bytes(value) : `${value}`;

const INDENT = "    ";

const adapterLines = (a: AdapterRecord, ink: Ink, columns: number, bytes: (n: number) => string): readonly string[] => {
  const limits = Object.entries(a.limits);
  const width = Math.max(0, ...limits.map(([name]) => name.length));
  const about = [a.kind, a.backend, `${a.vendor} ${a.architecture}`.trim(), a.driver]
    .filter((s) => s !== "")
    .join(", ");
  const features = wrapWords(a.features.length === 0 ? "none" : a.features.join(" "), columns - INDENT.length);
  return [
    `  ${ink.bold(harmless(a.name))}  ${ink.dim(harmless(about))}`,
    ...limits.map(([name, value]) => `${INDENT}${name.padEnd(width)}  ${showLimit(name, value, bytes)}`),
    `${INDENT}${ink.dim("features")}`,
    ...features.map((f) => `${INDENT}${f}`),
    "",
  ];
};

export type Devices = {
  readonly adapters: Adapters;
  /** What `--backend auto` takes, and why; an absent adapter means that it cannot run. */
  readonly auto: { readonly backend: string; readonly adapter?: string; readonly why: string };
  /** The processor and its runtime, or why there is none. */
  readonly cpu: { readonly device: string } | { readonly missing: string };
  readonly reference: string;
};

export type DeviceReport = {
  readonly ink: Ink;
  readonly columns: number;
  readonly bytes: (n: number) => string;
};

/** The report, one string a line. */
export const showDevices = (
  { adapters, auto, cpu, reference }: Devices,
  { ink, columns, bytes }: DeviceReport,
): readonly string[] => [
  `${ink.bold("webgpu")}  ${adapters.found.length === 0 ? "no adapter" : `--adapter NAME takes another than the first`}`,
  "",
  ...adapters.found.flatMap((a) => adapterLines(a, ink, columns, bytes)),
  ...adapters.missing.flatMap((m) => wrapWords(`missing: ${harmless(m)}`, columns - 2).map((line) => `  ${line}`)),
  ...(adapters.missing.length > 0 ? [""] : []),
  ...wrapWords("device" in cpu ? harmless(cpu.device) : `missing: ${harmless(cpu.missing)}`, columns - 5).map(
    (line, i) => `${i === 0 ? ink.bold("cpu") : "   "}  ${line}`,
  ),
  "",
  `${ink.bold("reference")}  ${reference}, only when asked for: --backend reference`,
  "",
  ...wrapWords(
    `auto takes ${auto.adapter === undefined ? "nothing" : `${auto.backend} on ${harmless(auto.adapter)}`}: ${harmless(auto.why)}`,
    columns,
  ),
];
