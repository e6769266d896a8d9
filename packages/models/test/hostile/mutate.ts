// What could be wrong with a file? Anything: bytes flipped, lost, doubled or put in; in JSON also a value of another kind or
// size in any place. Each case is a value of fast-check, so a failure is printed, shrunk, and comes again with its seed.

import { type Fault, showFault } from "@depass/graph";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";

/** What a number, a text or a list is replaced by: near limits, beyond them, of another kind, or long. */
const values: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(-1, 0, 1, 2, 3, 7, 64, 255, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 2, 1e308, 0.5, -0.5),
  fc.constantFrom<unknown>(null, true, false, "", "x", "__proto__", "NaN", [], {}, [[]], [null], "é".repeat(9_999)),
  fc.array(fc.integer(), { maxLength: 4 }),
  fc.jsonValue({ maxDepth: 2 }),
);

const placesIn = (json: unknown, path: readonly string[] = []): readonly (readonly string[])[] =>
  typeof json !== "object" || json === null
    ? []
    : Object.entries(json)
        .slice(0, 40) // of a long list or vocabulary, a few
        .flatMap(([key, value]) => [[...path, key], ...placesIn(value, [...path, key])]);

type Box = Record<string, unknown>;

/** A value of its own: what is put into it later is in no other place or case. Not a list's length, which JSON has none of. */
const set = (box: Box, key: string, value: unknown): void => {
  if (!(Array.isArray(box) && key === "length")) box[key] = structuredClone(value);
};

const put = (json: unknown, path: readonly string[], change: (box: Box, key: string) => void): void => {
  const box = path.slice(0, -1).reduce<unknown>((at, key) => (at as Box | undefined)?.[key], json);
  if (typeof box === "object" && box !== null) change(box as Box, path.at(-1) as string);
};

/** JSON with one to three places changed, lost or added. */
const changed = (json: unknown): fc.Arbitrary<unknown> => {
  const path = fc.constantFrom(...placesIn(json));
  const change = fc.oneof(
    fc.tuple(path, values).map(
      ([at, value]) =>
        (copy: unknown) =>
          put(copy, at, (box, key) => set(box, key, value)),
    ),
    path.map((at) => (copy: unknown) => put(copy, at, (box, key) => void delete box[key])),
    fc.tuple(path, fc.string(), values).map(
      ([at, name, value]) =>
        (copy: unknown) =>
          put(copy, at, (box) => set(box, name, value)),
    ),
  );
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
    const copy = structuredClone(json);
    for (const one of changes) one(copy);
    return copy;
  });
};

/** Bytes with one to four changes: others, lost, put in, doubled, or an end. */
type Change = (b: Buffer) => Buffer;

export const damaged = (bytes: Uint8Array): fc.Arbitrary<Buffer> => {
  const at = fc.nat(bytes.length);
  const some = fc.uint8Array({ maxLength: 9 });
  const change: fc.Arbitrary<Change> = fc.oneof(
    fc.tuple(at, some).map(
      ([from, put]) =>
        (b: Buffer) =>
          Buffer.concat([b.subarray(0, from), put, b.subarray(from)]),
    ),
    fc.tuple(at, some).map(([from, put]) => (b: Buffer) => {
      const copy = Buffer.from(b);
      copy.set(put.subarray(0, Math.max(0, b.length - from)), Math.min(from, b.length));
      return copy;
    }),
    fc.tuple(at, fc.nat(64)).map(
      ([from, n]) =>
        (b: Buffer) =>
          Buffer.concat([b.subarray(0, from), b.subarray(from + n)]),
    ),
    fc.tuple(at, fc.nat(64)).map(
      ([from, n]) =>
        (b: Buffer) =>
          Buffer.concat([b.subarray(0, from + n), b.subarray(from)]),
    ),
    at.map((end) => (b: Buffer) => b.subarray(0, end)),
  );
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce<Buffer>((b, one) => one(b), Buffer.from(bytes)));
};

/** The text of JSON that was changed in its places, in its bytes, or both. */
export const damagedJson = (json: unknown): fc.Arbitrary<Buffer> => {
  const text = Buffer.from(JSON.stringify(json));
  const inPlaces = changed(json).map((other) => Buffer.from(JSON.stringify(other)));
  return fc.oneof({ weight: 3, arbitrary: inPlaces }, damaged(text));
};

const LONGEST = 1000; // characters of a fault, which is to be one line for a person

/** Faults are few, short, on one line each, and not a broken promise of ours. */
const isClear = (faults: readonly Fault[]): boolean =>
  faults.length > 0 &&
  faults.length <= 100 &&
  faults.map(showFault).every((line) => line.length <= LONGEST && !line.includes("\n") && !line.includes("internal:"));

/** Uses what was opened; throws where the faults are not such as a person can act on. */
export const settled = <A>(result: E.Either<readonly Fault[], A>, use: (value: A) => void = () => undefined): void => {
  if (E.isRight(result)) use(result.right);
  else if (!isClear(result.left)) throw new Error(`not clear: ${result.left.map(showFault).join("\n").slice(0, 3000)}`);
};

// Milliseconds of the process, on any machine, for a file of a few kilobytes: a bound on what hangs, not on speed. A normalizer
// that makes ten thousand characters of each space is lawful, and takes a tenth of this.
const ENDLESS = 20_000;

const spent = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** What did not come to an end; all of it has to. */
export const stopwatch = () => {
  let longest = 0;
  return {
    timed: <A>(run: () => A): A => {
      const begun = spent();
      const result = run();
      longest = Math.max(longest, spent() - begun);
      return result;
    },
    timedAsync: async <A>(run: () => Promise<A>): Promise<A> => {
      const begun = spent();
      const result = await run();
      longest = Math.max(longest, spent() - begun);
      return result;
    },
    ended: (): boolean => longest < ENDLESS,
  };
};
