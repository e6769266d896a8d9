// What was written, what goes into it and comes out, and how it is run from Python.
import { showShape } from "@depass/graph";
import type { Exported, Port } from "../export.ts";
import type { Ink } from "./ink.ts";
import { harmless } from "./visible.ts";

export type Sample = {
  readonly decomposed: boolean;
  readonly prompt: string;
  readonly ids: readonly number[];
};

export type ExportReport = {
  readonly ink: Ink;
  readonly bytes: (n: number) => string;
  readonly sample: Sample;
};

const MOST_PORTS = 6;
const types: Readonly<Record<Port["dtype"], string>> = { f32: "float32", i32: "int32" };

const portLines = (title: string, ports: readonly Port[], ink: Ink): readonly string[] => {
  const shown = ports.slice(0, MOST_PORTS);
  const widest = Math.max(0, ...shown.map(({ name }) => name.length));
  const lines = shown.map(
    ({ name, dtype, shape }) => `${harmless(name).padEnd(widest)}  ${types[dtype].padEnd(7)}  ${showShape(shape)}`,
  );
  const more = ports.length > MOST_PORTS ? [`and ${ports.length - MOST_PORTS} more`] : [];
  return [...lines, ...more].map((line, i) => `${ink.dim((i === 0 ? title : "").padEnd(7))}  ${line}`);
};

const calls: Readonly<Record<"forward" | "decomposed", readonly string[]>> = {
  forward: ['logits, = session.run(["logits"], {"tokens": tokens})', "print(logits[-1].argmax())"],
  decomposed: [
    "last = np.array([len(tokens) - 1], np.int32)",
    'logits, scores = session.run(["logits", "scores"], {"tokens": tokens, "position": last})',
    "target = logits[0].argmax()",
    "print(target, logits[0, target], scores[:, 0, target])",
  ],
};

/** A whole program; the path and the prompt are quoted as JSON, which Python reads alike. */
export const pythonFor = (path: string, { decomposed, prompt, ids }: Sample): readonly string[] => [
  "import numpy as np, onnxruntime",
  `session = onnxruntime.InferenceSession(${JSON.stringify(path)})`,
  `tokens = np.array([${ids.join(", ")}], np.int32)  # ${prompt}`,
  ...calls[decomposed ? "decomposed" : "forward"],
];

/** The report, one string a line. */
export const showExported = (
  { files, inputs, outputs }: Exported,
  { ink, bytes, sample }: ExportReport,
): readonly string[] => [
  ...files.map((f) => `${ink.dim("wrote".padEnd(7))}  ${ink.bold(harmless(f.path))}  ${bytes(f.bytes)}`),
  "",
  ...portLines("inputs", inputs, ink),
  ...portLines("outputs", outputs, ink),
  "",
  "In Python, with onnxruntime:",
  "",
  ...pythonFor(files[0]?.path ?? "", sample).map((line) => `    ${harmless(line)}`),
];
