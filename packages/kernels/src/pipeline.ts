// How does a Kernel become work on a device? Pipelines are compiled once per device and WGSL text, bind groups are made
// for given buffers and sizes, and steps so prepared are encoded together and submitted.

import { type Fault, fault, type Sizes } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { type Allocation, allocateUniform, release, scoped } from "./buffer.ts";
import type { Device } from "./device.ts";
import { groupsOf, type Kernel, uniformsOf } from "./kernel.ts";
import { passOf } from "./profile.ts";

type Result<A> = E.Either<readonly Fault[], A>;

/** GPUShaderStage.COMPUTE: Node has no such global. */
const COMPUTE = 0x4;

export type Pipeline = { readonly gpu: GPUComputePipeline; readonly layout: GPUBindGroupLayout };

/** A kernel with its buffers and sizes: all that an encoder needs, reusable until `releaseStep`. */
export type Step = {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly groups: readonly [number, number, number];
  readonly uniforms: Allocation | undefined;
};

type Cache = {
  readonly layouts: Map<string, GPUBindGroupLayout>;
  readonly pipelines: Map<string, Promise<Result<Pipeline>>>;
};

const caches = new WeakMap<GPUDevice, Cache>();
const cacheOf = ({ gpu }: Device): Cache => {
  const cache = caches.get(gpu) ?? { layouts: new Map(), pipelines: new Map() };
  caches.set(gpu, cache);
  return cache;
};

const bindingTypes = (kernel: Kernel): readonly GPUBufferBindingType[] => [
  ...kernel.bindings.map((b) => (b === "read" ? ("read-only-storage" as const) : ("storage" as const))),
  ...(kernel.uniforms.length > 0 ? (["uniform"] as const) : []),
];

/** Explicit, so that kernels with the same kinds of buffers share it and a binding the compiler drops does no harm. */
const layoutOf = (device: Device, kernel: Kernel): GPUBindGroupLayout => {
  const types = bindingTypes(kernel);
  const { layouts } = cacheOf(device);
  const key = types.join();
  const entries = types.map((type, binding) => ({ binding, visibility: COMPUTE, buffer: { type } }));
  const layout = layouts.get(key) ?? device.gpu.createBindGroupLayout({ entries });
  layouts.set(key, layout);
  return layout;
};

const messagesOf = async (kernel: Kernel, module: GPUShaderModule): Promise<readonly Fault[]> => {
  const lines = kernel.wgsl.split("\n");
  const { messages } = await module.getCompilationInfo();
  return messages
    .filter((m) => m.type === "error")
    .map((m) =>
      fault(
        "bad-wgsl",
        `kernel ${kernel.name}, line ${m.lineNum}`,
        "valid WGSL",
        `${m.message}: ${lines[m.lineNum - 1] ?? ""}`,
      ),
    );
};

const compile = async (device: Device, kernel: Kernel): Promise<Result<Pipeline>> => {
  const { gpu } = device;
  gpu.pushErrorScope("validation");
  const module = gpu.createShaderModule({ label: kernel.name, code: kernel.wgsl });
  const layout = layoutOf(device, kernel);
  const problem = await gpu.popErrorScope();
  const faults = await messagesOf(kernel, module);
  if (faults.length > 0) return E.left(faults);
  if (problem !== null)
    return E.left([
      fault("bad-wgsl", `kernel ${kernel.name}`, "WGSL and bindings that the device takes", problem.message),
    ]);
  try {
    const pipeline = await gpu.createComputePipelineAsync({
      label: kernel.name,
      layout: gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module },
    });
    return E.right({ gpu: pipeline, layout });
  } catch (e) {
    return E.left([fault("bad-pipeline", `kernel ${kernel.name}`, `a pipeline that ${device.name} takes`, String(e))]);
  }
};

/** The kernel's pipeline; compiled at the first call for its text, 10 to 300 ms on software. */
export const pipelineFor =
  (device: Device, kernel: Kernel): TE.TaskEither<readonly Fault[], Pipeline> =>
  () => {
    const { pipelines } = cacheOf(device);
    const key = `${bindingTypes(kernel).join()}\n${kernel.wgsl}`;
    const pipeline = pipelines.get(key) ?? compile(device, kernel);
    pipelines.set(key, pipeline);
    return pipeline;
  };

const uniformBuffer = async (device: Device, kernel: Kernel, sizes: Sizes): Promise<Result<Allocation | undefined>> => {
  if (kernel.uniforms.length === 0) return E.right(undefined);
  const words = uniformsOf(kernel, sizes);
  if (E.isLeft(words)) return words;
  return allocateUniform(device, `sizes of ${kernel.name}`, words.right)();
};

const bind = (device: Device, kernel: Kernel, layout: GPUBindGroupLayout, buffers: readonly Allocation[]) =>
  scoped(device, `buffers of kernel ${kernel.name}`, () =>
    device.gpu.createBindGroup({
      layout,
      entries: buffers.map(({ gpu }, binding) => ({ binding, resource: { buffer: gpu } })),
    }),
  );

/** Compiles, evaluates sizes and binds: `buffers` in the order of the kernel's bindings. */
export const prepare =
  (
    device: Device,
    kernel: Kernel,
    buffers: readonly Allocation[],
    sizes: Sizes,
  ): TE.TaskEither<readonly Fault[], Step> =>
  async () => {
    if (buffers.length !== kernel.bindings.length)
      return E.left([
        fault("bad-binding", `kernel ${kernel.name}`, `${kernel.bindings.length} buffers`, `${buffers.length}`),
      ]);
    const groups = groupsOf(kernel, sizes);
    if (E.isLeft(groups)) return groups;
    const pipeline = await pipelineFor(device, kernel)();
    if (E.isLeft(pipeline)) return pipeline;
    const uniforms = await uniformBuffer(device, kernel, sizes);
    if (E.isLeft(uniforms)) return uniforms;
    const all = uniforms.right === undefined ? buffers : [...buffers, uniforms.right];
    const group = await bind(device, kernel, pipeline.right.layout, all);
    if (E.isLeft(group)) {
      if (uniforms.right !== undefined) release(device, uniforms.right);
      return group;
    }
    return E.right({
      name: kernel.name,
      pipeline: pipeline.right.gpu,
      group: group.right,
      groups: groups.right,
      uniforms: uniforms.right,
    });
  };

export const releaseStep = (device: Device, { uniforms }: Step): void => {
  if (uniforms !== undefined) release(device, uniforms);
};

const encode = (pass: GPUComputePassEncoder, steps: readonly Step[]): void => {
  for (const { pipeline, group, groups } of steps) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...groups);
  }
  pass.end();
};

/** Encodes the steps in order into one pass and submits them. WebGPU itself orders a write before a later read. */
export const submit =
  (device: Device, steps: readonly Step[]): TE.TaskEither<readonly Fault[], void> =>
  () =>
    scoped(device, steps.map((s) => s.name).join(", "), () => {
      const encoder = device.gpu.createCommandEncoder();
      const busy = steps.filter(({ groups }) => !groups.includes(0));
      const watched = passOf(device);
      if (watched === undefined) encode(encoder.beginComputePass(), busy);
      else for (const s of busy) encode(encoder.beginComputePass(watched(s)), [s]);
      device.gpu.queue.submit([encoder.finish()]);
    });

/** One kernel, once: prepare, submit, forget. */
export const dispatch =
  (
    device: Device,
    kernel: Kernel,
    buffers: readonly Allocation[],
    sizes: Sizes,
  ): TE.TaskEither<readonly Fault[], void> =>
  async () => {
    const step = await prepare(device, kernel, buffers, sizes)();
    if (E.isLeft(step)) return step;
    const done = await submit(device, [step.right])();
    releaseStep(device, step.right);
    return done;
  };
