// Arrays that are used again by what has the same length: weights of layers that come and go, results of steps of training. A
// plan goes through the same takings and givings with lengths alone (memory.ts), so that what it foresees is what a run takes.

import { bytesPerElement } from "@depass/graph";
import { freeNow } from "../runtime/free.ts";

/** Bytes of an element: whatever a checkpoint stores, runs compute in f32, or in i32. */
export const FLOAT = bytesPerElement.f32;

/** An array, or in a plan its length. */
export type Room = { readonly length: number };

export type Pool<A extends Room> = {
  readonly take: (length: number) => A;
  readonly give: (array: A) => void;
  /** Lets go of what lies unused, but for arrays of these lengths, as many as there are of each. */
  readonly keepOnly: (lengths: readonly number[]) => void;
  /** Elements of all arrays that were made and not let go. */
  readonly elements: () => number;
};

/** `make` gives an array of a length, `end` what is let go. */
export const newPool = <A extends Room>(
  make: (length: number) => A,
  end: (array: A) => void = () => undefined,
): Pool<A> => {
  const free = new Map<number, A[]>();
  let elements = 0;
  const drop = (array: A): void => {
    elements -= array.length;
    end(array);
  };
  return {
    take: (length) => {
      const found = free.get(length)?.pop();
      if (found !== undefined) return found;
      elements += length;
      return make(length);
    },
    give: (array) => {
      free.set(array.length, [...(free.get(array.length) ?? []), array]);
    },
    keepOnly: (lengths) => {
      const wanted = new Map<number, number>();
      for (const length of lengths) wanted.set(length, (wanted.get(length) ?? 0) + 1);
      for (const [length, arrays] of free) arrays.splice(wanted.get(length) ?? 0).forEach(drop);
    },
    elements: () => elements,
  };
};

/** Arrays of f32. */
export type Arrays = Pool<Float32Array<ArrayBuffer>>;

export const newArrays = (): Arrays =>
  newPool<Float32Array<ArrayBuffer>>(
    (length) => new Float32Array(length),
    ({ buffer }) => freeNow([buffer]),
  );

/** Gives back the whole array behind a tensor's values, if it is one of f32. */
export const giveBack = (arrays: Arrays, data: unknown): void => {
  if (data instanceof Float32Array) arrays.give(new Float32Array(data.buffer as ArrayBuffer));
};
