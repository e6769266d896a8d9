import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { disposeAll, isResident, newShelf, readAll } from "../src/resident.ts";
import { f32, type Tensor } from "../src/tensor.ts";
import { left, right } from "./either.ts";

const test = suite("resident");

const shelf = newShelf<Tensor>(TE.right);
const host = f32([2], [1, 2]);

/** A handle, and how often what is behind it was freed. */
const counted = () => {
  const count = { freed: 0 };
  return { count, handle: shelf.put(host, host, () => void count.freed++) };
};

test("a handle says what it is, and is read until it is disposed of", async () => {
  const { count, handle } = counted();
  assert.equal([handle.dtype, handle.shape, isResident(handle), isResident(host)], ["f32", [2], true, false]);
  assert.is(right(await handle.read()), host);
  assert.equal(right(await readAll({ a: handle, b: handle, host })()), { a: host, b: host, host });
  disposeAll({ handle, host });
  handle.dispose();
  assert.is(count.freed, 1);
  assert.match(
    left(await readAll({ handle })()),
    "expected a resident tensor that was not disposed of, got one that was",
  );
});

test("a run gets both kinds apart, and what it reads is freed when the last one is through", async () => {
  const { count, handle } = counted();
  const open: (() => void)[] = [];
  const wait = () =>
    shelf.lend({ handle, host }, async (tensors, lent) => {
      await new Promise<void>((done) => open.push(done));
      return E.right([tensors, lent, count.freed]);
    })();
  const [one, two] = [wait(), wait()];
  handle.dispose();
  open[0]?.();
  assert.equal(right(await one), [{ host }, { handle: host }, 0]);
  assert.is(count.freed, 0);
  open[1]?.();
  await two;
  assert.is(count.freed, 1);
  assert.match(left(await wait()), "input handle: expected a resident tensor that was not disposed of");
});

test("a run that throws gives back what it was lent", async () => {
  const { count, handle } = counted();
  const failing = shelf.lend({ handle }, () => Promise.reject(new Error("no")))();
  handle.dispose();
  assert.is(count.freed, 0);
  await failing.then(
    () => assert.unreachable(),
    (e) => assert.is(e.message, "no"),
  );
  assert.is(count.freed, 1);
});

test("all that cannot be read is told at once", async () => {
  const strange = newShelf<Tensor>(TE.right).put(host, host, () => undefined);
  const { handle } = counted();
  handle.dispose();
  assert.is(
    left(await shelf.lend({ strange, handle }, () => Promise.reject(new Error("used")))()),
    `input strange: expected a resident tensor of this backend, got one of another; read() it and give the copy
input handle: expected a resident tensor that was not disposed of, got one that was`,
  );
});

test("a handle that is lost is freed by the garbage collector", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const { count } = counted();
  const kept = counted();
  for (let i = 0; i < 20 && count.freed === 0; i++) {
    collect();
    await new Promise((done) => setTimeout(done, 5));
  }
  assert.equal([count.freed, kept.count.freed], [1, 0]);
  kept.handle.dispose();
});

test.run();
