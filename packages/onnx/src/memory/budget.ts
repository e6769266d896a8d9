// What weights and runs may take together, and the words for what does not fit.
import { bytesPerElement, type Fault, fault, type Sizes, sizeOf, type Weights } from "@depass/graph";
import type { Base } from "../plan/plan.ts";
import { FLOAT } from "../weights/pool.ts";
import { isInPlace } from "../weights/weights.ts";
import type { Costs } from "./memory.ts";

/** What each weight that runs read costs, by its name; a derived one has the shape of its first operand (fold.ts). */
export const weightCosts = ({ weights, derived }: Base, stored: Weights): Costs =>
  new Map(
    weights.map((name) => {
      const expr = derived.get(name);
      const first = expr?.inputs[0];
      const { dtype = "f32", shape = [] } = stored.describe(first?.op === "weight" ? first.params.name : name) ?? {};
      const elements = sizeOf(shape);
      // A weight that is stored as f32 is not copied.
      const bytes = dtype === "f32" ? 0 : bytesPerElement[dtype] * elements;
      return [name, { elements, scratch: expr === undefined || isInPlace(expr) ? 0 : elements, stored: bytes }];
    }),
  );

/** Bytes of all weights as f32, or of all but some. */
export const weightBytes = (costs: Costs, without: ReadonlySet<string> = new Set()): number =>
  FLOAT * [...costs].reduce((sum, [name, { elements }]) => (without.has(name) ? sum : sum + elements), 0);

const MiB = 2 ** 20;
const text = (bytes: number): string =>
  bytes < 1000 * MiB ? `${(bytes / MiB).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(2)} GiB`;

export const tooBig = (what: string, bytes: number, free: number, budget: number): Fault =>
  fault(
    "out-of-memory",
    what,
    `at most ${text(free)} (what is left of the budget of ${text(budget)} on the CPU)`,
    text(bytes),
    "raise --memory, shorten the prompt or choose another backend",
  );

export const showSizes = (sizes: Sizes): string =>
  Object.entries(sizes)
    .map(([symbol, value]) => `${symbol} = ${value}`)
    .join(", ");

/** The system has not as many bytes in one piece. */
export const noRoom = (what: string, bytes: number): Fault =>
  fault("out-of-memory", what, `${text(bytes)} of memory in one piece`, "none", "shorten the prompt or set --memory");
