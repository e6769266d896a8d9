// How many bytes a plan takes at given sizes, and which steps may share a buffer. Pure, so that a run is refused before
// anything is allocated. Buffers are reused whole (webgpu.md's rule: one buffer is never bound read-only and writable).
import { bytesPerElement, type Sizes, valueOf } from "@depass/graph";
import { elementsOf, type Plan, type PlanBuffer } from "./plan.ts";

/** Physical buffers of one run: the bytes of each, and which of them holds each of the plan's buffers. */
export type Layout = {
  readonly slots: readonly { readonly bytes: number; readonly name: string }[];
  /** Slot per plan buffer; weights have none, they stay between runs. */
  readonly slotOf: readonly (number | undefined)[];
};

export const bytesOf = (b: PlanBuffer, sizes: Sizes): number => {
  const bytes = valueOf(elementsOf(b), sizes) * bytesPerElement[b.dtype];
  return Math.max(4, Math.ceil(bytes / 4) * 4);
};

/** Greedy by time: a buffer takes over the smallest free slot that is large enough, or grows a new one. */
export const layOut = (plan: Plan, sizes: Sizes): Layout => {
  const slots: { bytes: number; name: string; freeFrom: number }[] = [];
  const slotOf = new Array<number | undefined>(plan.buffers.length).fill(undefined);
  const order = plan.buffers.map((b, i) => ({ b, i })).sort((x, y) => x.b.from - y.b.from);
  for (const { b, i } of order) {
    if (b.kind === "weight") continue;
    const bytes = bytesOf(b, sizes);
    // Inputs and closed values are written before the first step, so no step's buffer may become theirs.
    const candidates =
      b.kind === "step" ? slots.filter((s) => s.freeFrom < b.from && s.bytes >= bytes && s.bytes <= 2 * bytes) : [];
    const slot = candidates.sort((x, y) => x.bytes - y.bytes)[0];
    if (slot === undefined) slots.push({ bytes, name: b.name, freeFrom: b.until });
    else slot.freeFrom = b.until;
    slotOf[i] = slot === undefined ? slots.length - 1 : slots.indexOf(slot);
  }
  return { slots, slotOf };
};

export type PlanBytes = { readonly weights: number; readonly run: number; readonly total: number };

/** Device bytes of a plan at given sizes: weights, which stay, and what one run adds. */
export const planBytes = (plan: Plan, sizes: Sizes, layout: Layout = layOut(plan, sizes)): PlanBytes => {
  const weights = plan.buffers.reduce((sum, b) => sum + (b.kind === "weight" ? bytesOf(b, sizes) : 0), 0);
  const run = layout.slots.reduce((sum, s) => sum + s.bytes, 0);
  return { weights, run, total: weights + run };
};
