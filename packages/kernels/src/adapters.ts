// Which adapters does this machine offer, and why not more?
// Dawn hands out one adapter per request. Asked for a name that cannot exist, it answers with the names of all it has:
// that list is read, and each adapter is then requested by its name. Hardware stands before software.

import * as E from "fp-ts/lib/Either.js";
import { requestAdapter, whyNoVulkan } from "./dawn.ts";
import { type AdapterKind, kindOf, type Limits, limitsOf, request } from "./limits.ts";

export type AdapterRecord = {
  readonly name: string;
  readonly kind: AdapterKind;
  readonly backend: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly driver: string;
  /** Bytes and counts, by WebGPU's own names; see `limitNames`. */
  readonly limits: Limits;
  readonly features: readonly string[];
};

/** `missing` says, in words, what keeps the machine from offering more. */
export type Adapters = { readonly found: readonly AdapterRecord[]; readonly missing: readonly string[] };

/** NVIDIA offers f16 through Vulkan only under this toggle. Quantised timestamps tell steps of 65 µs. */
const alwaysOn = ["vulkan_enable_f16_on_nvidia"];
const alwaysOff = ["timestamp_quantization"];

/** `create` options that select one adapter of one backend, with Dawn toggles. */
export const optionsFor = (
  backend: string,
  name: string | undefined,
  toggles: { readonly on: readonly string[]; readonly off: readonly string[] } = { on: [], off: [] },
): readonly string[] => [
  `backend=${backend}`,
  ...(name === undefined ? [] : [`adapter=${name}`]),
  `enable-dawn-features=${[...alwaysOn, ...toggles.on].join(",")}`,
  `disable-dawn-features=${[...alwaysOff, ...toggles.off].join(",")}`,
];

const backends = (): readonly string[] =>
  process.platform === "darwin" ? ["metal"] : process.platform === "win32" ? ["d3d12", "vulkan"] : ["vulkan"];

/** A control character: no driver has it in its name. */
const noSuchName = "\u0001";

/** Dawn's answer reads ` * backend: 'vulkan', name: 'NVIDIA H200'`, a line per adapter. */
const namesIn = (answer: string): readonly string[] => [
  ...new Set([...answer.matchAll(/^ \* backend: '.*?', name: '(.*)'$/gm)].map((m) => m[1] ?? "")),
];

const describe = (backend: string, name: string, adapter: GPUAdapter): AdapterRecord => ({
  name,
  kind: kindOf(adapter),
  backend,
  vendor: adapter.info.vendor,
  architecture: adapter.info.architecture,
  driver: adapter.info.description,
  limits: limitsOf(adapter.limits),
  features: [...adapter.features].sort(),
});

const adaptersOf = async (backend: string): Promise<Adapters> => {
  const answer = await requestAdapter(optionsFor(backend, noSuchName), request);
  if (E.isRight(answer)) return { found: [], missing: [`${backend} has no adapter at all`] };
  if (answer.left.tag === "no-dawn") return { found: [], missing: [answer.left.got] };
  const found: AdapterRecord[] = [];
  for (const name of namesIn(answer.left.got)) {
    const one = await requestAdapter(optionsFor(backend, name), request);
    if (E.isRight(one) && one.right !== null) found.push(describe(backend, name, one.right));
  }
  return { found, missing: [] };
};

const noHardware = (): string =>
  process.platform === "linux"
    ? "no hardware driver answers through Vulkan (a GPU's driver puts a json into /usr/share/vulkan/icd.d or /etc/vulkan/icd.d)"
    : "no hardware adapter answers";

/** Every adapter there is, hardware first. Costs a few milliseconds per adapter; never fails. */
export const listAdapters = async (): Promise<Adapters> => {
  const all: Adapters[] = [];
  for (const b of backends()) all.push(await adaptersOf(b));
  const found = all.flatMap((a) => a.found);
  const hardware = found.filter((a) => a.kind === "hardware");
  const software = found.filter((a) => a.kind === "software");
  return {
    found: [...hardware, ...software],
    missing: [
      ...(hardware.length === 0 ? [noHardware()] : []),
      ...all.flatMap((a) => a.missing),
      ...(process.platform === "linux" && software.length === 0 ? whyNoVulkan() : []),
    ],
  };
};

/** One line per adapter, then what is missing: `hardware  NVIDIA H200 (vulkan, nvidia hopper, 570.86)`. */
export const showAdapters = ({ found, missing }: Adapters): string =>
  [
    ...found.map(
      (a) => `${a.kind}  ${a.name} (${[a.backend, `${a.vendor} ${a.architecture}`.trim(), a.driver].join(", ")})`,
    ),
    ...missing.map((m) => `missing   ${m}`),
  ].join("\n");
