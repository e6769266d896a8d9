// Our side of one turn, a process of its own: from a checkpoint on disk to a prepared graph, then for each length one run to
// warm up and the runs that count. Prints one JSON line (answers.ts, `ours`). Called by sides.ts.
//   worker.ts --answer one|all --tokens 16[,64,…] --runs R (--model DIR | --shape NAME) [--save FILE]
import { parseArgs } from "node:util";
import { i32, orThrow, type Runner, type Tensor, type Tensors } from "@depass/graph";
import { entryOf, llama, writeSafetensors } from "@depass/models";
import { cpu } from "@depass/onnx";
import { since } from "../../src/clock.ts";
import { openSubject } from "../subject/source.ts";
import type { Ours } from "./answers.ts";
import { type Answer, graphs, PARTS } from "./graphs.ts";
import { peakResident } from "./resident.ts";

/** Node's start and the loading of all programs. */
const startUp = performance.now() / 1000;

const { values: options } = parseArgs({
  options: {
    answer: { type: "string", default: "one" },
    tokens: { type: "string", default: "16" },
    runs: { type: "string", default: "1" },
    model: { type: "string" },
    shape: { type: "string", default: "" },
    save: { type: "string" },
  },
});

/** The ids of the peer; the last position is explained. */
const inputsOf = (answer: Answer, tokens: number, vocabulary: number): Tensors => ({
  tokens: i32(
    [tokens],
    Array.from({ length: tokens }, (_, i) => (i * 7919 + 1) % vocabulary),
  ),
  ...(answer === "one" && { position: i32([1], [tokens - 1]) }),
});

type Length = Ours["lengths"][number];

/** The last run's parts come along; nobody holds them while the next one runs. */
const measured = async (
  runner: Runner,
  tokens: number,
  inputs: Tensors,
): Promise<readonly [length: Length, parts: Tensor]> => {
  const timed = async (): Promise<readonly [seconds: number, parts: Tensor]> => {
    const elapsed = since();
    const outputs = await runner.run(inputs)().then(orThrow);
    return [elapsed(), outputs[PARTS] as Tensor];
  };
  const [first] = await timed();
  const seconds: number[] = [];
  for (let run = 1; run < Number(options.runs); run++) seconds.push((await timed())[0]);
  const [taken, parts] = await timed();
  return [{ tokens, first, seconds: [...seconds, taken] }, parts];
};

const main = async (): Promise<void> => {
  const answer = options.answer as Answer;
  const elapsed = since();
  const { model, shape } = options;
  const subject = await openSubject(model === undefined ? { shape } : { shape, model });
  const graph = orThrow(graphs[answer](llama(subject.config)));
  const backend = await cpu()().then(orThrow);
  const asked = options.tokens.split(",").map(Number);
  const sizes = asked.length === 1 ? { sizes: { T: asked[0] as number } } : {};
  const runner = await backend.prepare(graph, subject.weightsFor(graph), sizes)().then(orThrow);
  const ready = elapsed();
  const lengths: Length[] = [];
  let last: Tensor | undefined;
  for (const tokens of asked) {
    const [length, parts] = await measured(runner, tokens, inputsOf(answer, tokens, subject.config.vocab));
    lengths.push(length);
    last = parts;
  }
  const line: Ours = {
    device: backend.device,
    model: subject.text,
    startUp,
    ready,
    lengths,
    peak: peakResident(),
  };
  if (options.save !== undefined && last !== undefined)
    await writeSafetensors(options.save, [entryOf("parts", last)])().then(orThrow);
  runner.dispose();
  await backend.close();
  await subject.close();
  console.log(JSON.stringify(line));
};

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
