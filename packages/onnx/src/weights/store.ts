// Which weights of a prepared graph are in memory, and for how long. Kept ones stay from their first reading on, for all runs; a
// run that streams reads what its next steps want into arrays of its own, and uses these again for what comes after.
import { type Fault, type Faulty, type RunOptions, sizeOf } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { aborted } from "../runtime/aborted.ts";
import type { OrtTensor } from "../runtime/session.ts";
import { type Arrays, FLOAT, newArrays } from "./pool.ts";
import { closeOrigin, type Lending, type Origin, readWeight } from "./weights.ts";

type Result<A> = E.Either<readonly Fault[], A>;

/** Bytes of weights that all runners of a backend keep. */
export type Ledger = { kept: number };

export type Store = {
  /** Whether all of these are kept. */
  readonly keeps: (names: readonly string[]) => boolean;
  /** The values of a weight that is kept. */
  readonly kept: (name: string) => Float32Array | undefined;
  /** Bytes that the other stores of the ledger keep. */
  readonly others: () => number;
  /** Reads and keeps. Faults: those of reading, an abort. */
  readonly keep: (names: readonly string[], options?: RunOptions) => Faulty<ReadonlyMap<string, OrtTensor>>;
  /** Keeps these no longer. */
  readonly letGo: (names: Iterable<string>) => void;
  /** For one run. */
  readonly stream: () => Stream;
  readonly dispose: () => void;
};

export type Stream = {
  /** Reads what is not there yet. Faults: those of reading, an abort. */
  readonly bring: (names: readonly string[], options?: RunOptions) => Faulty<ReadonlyMap<string, OrtTensor>>;
  /** Nothing reads these any more; `next` are the lengths of arrays that will soon be wanted. */
  readonly release: (names: readonly string[], next?: readonly number[]) => void;
};

const toKeep: Lending = { take: (length) => new Float32Array(length), give: () => undefined };

/** Gives an array back if it is one of these: a weight that is f32 already lies in the checkpoint's own. */
const lendingOf = (arrays: Arrays): Lending => {
  const own = new WeakSet<object>();
  return {
    take: (length) => {
      const array = arrays.take(length);
      own.add(array);
      return array;
    },
    give: (data) => {
      if (data instanceof Float32Array && own.has(data)) arrays.give(data as Float32Array<ArrayBuffer>);
    },
  };
};

const streamOf = (origin: Origin): Stream => {
  const arrays = newArrays();
  const lending = lendingOf(arrays);
  const there = new Map<string, OrtTensor>();
  return {
    bring:
      (names, { signal } = {}) =>
      async () => {
        for (const name of names) {
          if (there.has(name)) continue;
          const read = signal?.aborted ? E.left(aborted("run")) : await readWeight(origin, name, lending)();
          if (E.isLeft(read)) return read;
          there.set(name, read.right);
        }
        return E.right(there);
      },
    release: (names, next) => {
      for (const name of names) {
        lending.give(there.get(name)?.data);
        there.delete(name);
      }
      if (next !== undefined) arrays.keepOnly(next);
    },
  };
};

/** Nothing is kept at first. */
export const newStore = (origin: Origin, ledger: Ledger): Store => {
  const kept = new Map<string, OrtTensor>();
  const reading = new Map<string, Promise<Result<OrtTensor>>>();
  let bytes = 0;
  const add = (by: number): void => {
    bytes += by;
    ledger.kept += by;
  };
  const keepOne = (name: string): Promise<Result<OrtTensor>> => {
    const begun = reading.get(name) ?? readWeight(origin, name, toKeep)();
    reading.set(name, begun);
    return begun.then((read) => {
      if (reading.get(name) === begun && E.isRight(read)) {
        kept.set(name, read.right);
        add(FLOAT * sizeOf(read.right.dims));
      }
      if (reading.get(name) === begun) reading.delete(name);
      return read;
    });
  };
  const letGo = (names: Iterable<string>): void => {
    for (const name of names) {
      const found = kept.get(name);
      if (found !== undefined) add(-FLOAT * sizeOf(found.dims));
      kept.delete(name);
      reading.delete(name);
    }
  };
  return {
    keeps: (names) => names.every((name) => kept.has(name)),
    kept: (name) => kept.get(name)?.data as Float32Array | undefined,
    others: () => ledger.kept - bytes,
    keep:
      (names, options = {}) =>
      async () => {
        const wanted = new Map<string, OrtTensor>();
        for (const [done, name] of names.entries()) {
          options.progress?.({ done, total: names.length, what: "reading weights" });
          const found = kept.get(name);
          const read = options.signal?.aborted
            ? E.left(aborted("run"))
            : found === undefined
              ? await keepOne(name)
              : E.right(found);
          if (E.isLeft(read)) return read;
          wanted.set(name, read.right);
        }
        return E.right(wanted);
      },
    letGo,
    stream: () => streamOf(origin),
    dispose: () => {
      letGo([...kept.keys(), ...reading.keys()]);
      closeOrigin(origin);
    },
  };
};
