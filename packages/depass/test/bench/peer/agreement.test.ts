import { f32, orThrow } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { agreementOf } from "../../../bench/peer/agreement.ts";

const [T, D] = [3, 2];
const value = (token: number, part: number, d: number): number => 100 * token + 10 * part + d + 1;

/** `[tokens, named parts, D]`. */
const peers = f32(
  [T, T, D],
  Array.from({ length: T * T * D }, (_, i) => value(Math.floor(i / (T * D)), Math.floor(i / D) % T, i % D)),
);

/** `[named parts and a remainder, positions, D]`, from some position on. */
const ours = (from: number, off = 0) =>
  f32(
    [T + 1, T - from, D],
    Array.from({ length: (T + 1) * (T - from) * D }, (_, i) => {
      const [part, token] = [Math.floor(i / ((T - from) * D)), from + (Math.floor(i / D) % (T - from))];
      return part === T ? 0 : value(token, part, i % D) + (token === 0 ? off : 0);
    }),
  );

test("parts at all positions are compared there and at the last one, without the remainder", () => {
  assert.equal(orThrow(agreementOf(ours(0), peers)), { last: 0, all: 0 });
  const { last, all } = orThrow(agreementOf(ours(0, 5), peers));
  assert.is(last, 0);
  assert.ok((all ?? 0) > 1e-3);
});

test("parts at one position are compared with the peer's last", () => {
  assert.equal(orThrow(agreementOf(ours(T - 1), peers)), { last: 0 });
});

test("shapes that do not belong together are a fault", () => {
  for (const other of [f32([T, T, 1], new Float32Array(T * T)), f32([2, 2, D], new Float32Array(4 * D))])
    assert.ok(E.isLeft(agreementOf(ours(0), other)));
});

test.run();
