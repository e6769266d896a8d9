// Plans for tests, without a device: f32 weights on a software target unless told otherwise.
import { type Graph, orThrow } from "@depass/graph";
import { type Plan, type PlanOptions, plan } from "../src/plan.ts";

export const planned = (graph: Graph, options: Partial<PlanOptions> = {}): Plan =>
  orThrow(plan(graph, { target: { kind: "software", features: [] }, dtypeOf: () => "f32", ...options }));

/** Steps as text: their names and what they read. */
export const stepsOf = (p: Plan): readonly string[] =>
  p.steps.map((s) => `${p.buffers[s.write]?.name} <- ${s.reads.map((r) => p.buffers[r]?.name).join(", ")}`);
