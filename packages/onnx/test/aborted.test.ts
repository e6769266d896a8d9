// Is a run told to stop while the thread was taken? What comes from outside waits for the event loop to turn.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isAborted } from "../src/runtime/aborted.ts";

const test = suite("aborted");

/** Until the signal is with the event loop. */
const holdThread = (milliseconds: number): void => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

const windows = process.platform === "win32";

(windows ? test.skip : test)("what came while the thread was held is heard before the next step", async () => {
  const signal = { aborted: false };
  const hear = (): void => {
    signal.aborted = true;
  };
  process.on("SIGUSR2", hear);
  // As a session runs: behind the loop's ear for signals.
  await new Promise<void>((done) =>
    setImmediate(() => {
      process.kill(process.pid, "SIGUSR2");
      holdThread(50);
      done();
    }),
  );
  assert.not(signal.aborted, "not heard yet");
  assert.ok(await isAborted(signal));
  process.off("SIGUSR2", hear);
});

test("nobody waits where there is no signal", async () => {
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  assert.not(await isAborted(undefined));
  assert.not(turned);
});

test.run();
