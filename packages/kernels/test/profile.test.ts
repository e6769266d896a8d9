// Does a profile name every step of a run once, in order, and leave its result alone?
import { add, input, softmax, type Tensors } from "@depass/graph";
import { tensorsFor } from "@depass/graph/testing";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { profiled } from "../src/profile.ts";
import { prepareOn } from "../src/run.ts";
import { devices, must } from "./gpu.ts";

const test = suite("profile");

const x = input("x", ["T", 5]);
const graph = { out: softmax(add(softmax(x), x)) };
const noWeights = { describe: () => undefined, read: () => async () => E.left([]) };

for (const device of devices)
  test(`every step has its time, the result is the same (${device.name}, ${device.toggles})`, async () => {
    const runner = await must(prepareOn(device, graph, noWeights));
    const inputs = tensorsFor(graph, { T: 3 });
    const run = (): Promise<Tensors> => must(runner.run(inputs));
    const plain = await run();
    const taken = await profiled(device, run);
    if (!device.features.includes("timestamp-query")) {
      assert.ok(E.isLeft(taken) && taken.left[0]?.tag === "no-profile");
      return;
    }
    if (E.isLeft(taken)) throw new Error("no profile");
    assert.equal(taken.right.result, plain);
    assert.equal(
      taken.right.steps.map((s) => s.name),
      ["softmax", "add", "softmax"],
    );
    for (const { nanoseconds, groups } of taken.right.steps) {
      assert.ok(nanoseconds >= 0 && nanoseconds < 1e10, `${nanoseconds}`);
      assert.ok(groups.every((g) => g > 0));
    }
    assert.equal(await run(), plain);
    runner.dispose();
  });

test.run();
