// One prompt with its expected values, and what it takes to run a graph on it and to compare the parts that come out.
import { type Backend, type Faulty, type Graph, i32, partsName, type Runner, type Tensors, toF64 } from "@depass/graph";
import type { Model } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { compared, type Outcome, type Tolerance } from "./compare.ts";
import type { Expected, Prompt } from "./expected.ts";
import { type Parts, type Variant, variantOf } from "./variants.ts";

export type Case = { readonly name: string; readonly prompt: Prompt; readonly expected: Expected };

export type Setting = { readonly model: Model; readonly backend: Backend; readonly tolerance: Tolerance };

export const inputsOf = ({ prompt }: Case): Tensors => ({
  tokens: i32([prompt.ids.length], prompt.ids),
  position: i32([1], [prompt.ids.length - 1]),
});

/** One rounding hands a neuron's whole output to another part, and long prompts have many: two right programs disagree. */
const LONGEST_FOR_MAX = 14;

export const isComparable = ({ rule }: Variant, { prompt }: Case): boolean =>
  rule.name !== "max" || prompt.ids.length <= LONGEST_FOR_MAX;

/** The tensors of a prompt that a variant is compared with. */
export const namesOf = (variant: Variant, c: Case): readonly string[] =>
  isComparable(variant, c) ? Object.keys(c.expected).filter((name) => variantOf(name)?.key === variant.key) : [];

/** Parts `[M, 1, D]` of a run, and their scores in f64 along rows of the unembedding, against what is expected. */
export const scored =
  ({ model, tolerance }: Setting, { variant, named: count }: Parts, c: Case) =>
  (out: Tensors): Faulty<readonly Outcome[]> => {
    const { hidden, unembedding } = model.architecture;
    const named = typeof count === "number" ? count : c.prompt.ids.length;
    const parts = toF64(out[partsName(variant.key)] as Tensors[string]).subarray(0, named * hidden);
    const row = (id: number) => pipe(model.checkpoint.readRows(unembedding, id, 1), TE.map(toF64));
    const along = (direction: Float64Array) =>
      Array.from({ length: named }, (_, m) =>
        direction.reduce((sum, w, d) => sum + w * (parts[m * hidden + d] as number), 0),
      );
    return pipe(
      TE.Do,
      TE.bind("target", () => row(c.prompt.target)),
      TE.bind("foil", () => row(c.prompt.foil)),
      TE.map(({ target, foil }) => {
        const actual = (name: string) => {
          if (name.endsWith("parts_at_last")) return parts;
          return along(name.endsWith("foil") ? foil : target);
        };
        return namesOf(variant, c).map((name) =>
          compared(`${c.name} ${name}`, actual(name), c.expected[name] as Tensors[string], tolerance),
        );
      }),
    );
  };

/** Uses a graph on a backend, which is disposed of whatever comes of it. */
export const prepared = <A>(
  backend: Backend,
  model: Model,
  graph: Graph,
  use: (runner: Runner) => Faulty<A>,
): Faulty<A> =>
  pipe(
    backend.prepare(graph, model.weights),
    TE.chain((runner) => async () => {
      const result = await use(runner)();
      runner.dispose();
      return result;
    }),
  );
