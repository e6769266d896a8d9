// How is a setting of a config.json decoded, and how does it read when it is wrong? Codecs for the few kinds of value
// that decoding configurations have, and one `decode` that turns io-ts errors into faults such as
// `config.json at num_hidden_layers: expected a positive integer, got "x"`.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { clip, describe } from "./describe.ts";

const LARGEST = 2 ** 31 - 1; // sizes and ids travel as i32

const refined = <A>(name: string, is: (u: unknown) => u is A): t.Type<A, A, unknown> =>
  new t.Type(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity);

const isWhole =
  (least: number, most: number) =>
  (u: unknown): u is number =>
    typeof u === "number" && Number.isSafeInteger(u) && u >= least && u <= most;

export const positiveInteger = refined("a positive integer", isWhole(1, LARGEST));
export const wholeNumber = refined("a whole number", isWhole(0, LARGEST));
export const tokenId = refined("a token id", isWhole(0, LARGEST));
/** A depth: larger than any model, small enough that a graph of it can be built. */
export const layerCount = refined("a number of layers from 1 to 10000", isWhole(1, 10_000));
export const finiteNumber = refined("a finite number", (u): u is number => Number.isFinite(u));
export const positiveNumber = refined("a positive number", (u): u is number => Number.isFinite(u) && Number(u) > 0);
export const positiveNumbers = refined(
  "a list of positive numbers",
  (u): u is readonly number[] => Array.isArray(u) && u.length > 0 && u.every(positiveNumber.is),
);
export const flag = refined("true or false", (u): u is boolean => typeof u === "boolean");

export const oneOf = <const A extends readonly (string | number | boolean)[]>(
  ...values: A
): t.Type<A[number], A[number], unknown> =>
  refined(values.map((v) => JSON.stringify(v)).join(" or "), (u): u is A[number] =>
    values.some((value) => value === u),
  );

/** Absent and null both mean `value`. */
export const orElse = <A, B>(codec: t.Type<A, unknown, unknown>, value: B): t.Type<A | B, unknown, unknown> =>
  new t.Type<A | B, unknown, unknown>(
    codec.name,
    (u): u is A | B => u === value || codec.is(u),
    (u, context) => (u === undefined || u === null ? t.success(value) : codec.validate(u, context)),
    t.identity,
  );

/** Absent means `value`, null means that it is not set. */
export const orDefault = <A>(codec: t.Type<A, unknown, unknown>, value: A): t.Type<A | undefined, unknown, unknown> =>
  new t.Type<A | undefined, unknown, unknown>(
    codec.name,
    (u): u is A | undefined => u === undefined || codec.is(u),
    (u, context) =>
      u === undefined ? t.success(value) : u === null ? t.success(undefined) : codec.validate(u, context),
    t.identity,
  );

/** A token id, a list of them, or nothing: always a list. */
export const tokenIds: t.Type<readonly number[], unknown, unknown> = new t.Type<readonly number[], unknown, unknown>(
  "a token id or a list of them",
  (u): u is readonly number[] => Array.isArray(u) && u.every(tokenId.is),
  (u, context) => {
    const ids: readonly unknown[] = Array.isArray(u) ? u : u === undefined || u === null ? [] : [u];
    return ids.every(tokenId.is) ? t.success(ids) : t.failure(u, context);
  },
  t.identity,
);

const toFault =
  (where: string) =>
  ({ value, context }: t.ValidationError): Fault => {
    const path = context
      .map(({ key }) => key)
      .filter((key) => key !== "")
      .map(clip)
      .join(".");
    const expected = context.at(-1)?.type.name ?? "something else";
    return fault("config", path === "" ? where : `${where} at ${path}`, expected, describe(value));
  };

/** The value of `json` by `codec`, or a fault (tag `config`) for each setting that is wrong. `where` names the file. */
export const decode =
  <A>(codec: t.Type<A, unknown, unknown>) =>
  (json: unknown, where: string): E.Either<readonly Fault[], A> =>
    pipe(
      codec.decode(json),
      E.mapLeft((errors) => errors.map(toFault(where))),
    );
