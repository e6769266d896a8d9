// Training steps whose state stays on ONNX Runtime, against the f64 evaluator's. A Llama's are tested in `depass`.
import { smallTraining } from "@depass/graph/testing";
import { suite } from "uvu";
import { open } from "./backends.ts";

const test = suite("train");

test("a state that stays with the backend is the one that goes round", async () => {
  await smallTraining(await open());
});

test.run();
