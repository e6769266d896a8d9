// What is known of an adapter, whoever gave it.

export type AdapterKind = "hardware" | "software";

/** The limits kernels care for; a device asks for all an adapter has of each. */
export const limitNames = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** Bytes and counts, by WebGPU's own names. */
export type Limits = Readonly<Record<(typeof limitNames)[number], number>>;

export const limitsOf = (from: GPUSupportedLimits): Limits =>
  Object.fromEntries(limitNames.map((n) => [n, from[n] as number])) as Limits;

export const kindOf = ({ info }: GPUAdapter): AdapterKind => (info.isFallbackAdapter ? "software" : "hardware");

export const request: GPURequestAdapterOptions = { powerPreference: "high-performance" };
