// Arrays of weights that stay, side by side in few large ones. With an array of its own for each the garbage collector comes by
// every few of them, to find nothing, and takes as long as the reading.
import { FLOAT } from "./pool.ts";
import { ofItsOwn, type Take } from "./values.ts";

export type Slabs = {
  /** So many elements will be taken: a slab is made for them, once the first is. */
  readonly expect: (elements: number) => void;
  readonly take: Take;
  /** What was taken lies where it lies; nothing more is taken beside it. */
  readonly leave: () => void;
};

/** Bytes of a slab at most: the system may not have more in one piece. */
const MOST = 2 ** 30;

const slabOf = (bytes: number): ArrayBuffer | undefined => {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    return undefined;
  }
};

export const newSlabs = (most = MOST): Slabs => {
  const empty = new ArrayBuffer(0);
  let [slab, used, expected] = [empty, 0, 0];
  return {
    expect: (elements) => {
      expected += elements;
    },
    take: (length) => {
      const bytes = FLOAT * length;
      if (used + bytes > slab.byteLength) {
        const wanted = Math.min(most, FLOAT * expected);
        if (wanted < bytes) return ofItsOwn(length);
        [slab, used] = [slabOf(wanted) ?? empty, 0];
        if (slab === empty) return ofItsOwn(length);
      }
      const array = new Float32Array(slab, used, length);
      used += bytes;
      expected = Math.max(0, expected - length);
      return array;
    },
    leave: () => {
      [slab, used, expected] = [empty, 0, 0];
    },
  };
};
