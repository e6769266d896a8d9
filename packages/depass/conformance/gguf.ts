// A folder with GGUF files: every block type's values, which are to be equal, and for whole models (NAME.json with prompts,
// NAME.safetensors with their logits) the ids and the last logits, computed elsewhere from the file's unrounded weights.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Faulty, gather, i32, input, type Runner, type Tensor, toF64 } from "@depass/graph";
import { loadModel, type Model, openGguf } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { compared, type Outcome, type Terms, type Tolerance } from "./compare.ts";
import { type Expected, readExpected, readTexts } from "./expected.ts";

const TYPES = "types";

/** Largest relative error of unpacked values: none. */
const EXACT: Tolerance = { rounded: 0, exact: 0 };

const checkTypes = (folder: string, { isWanted }: Terms): Faulty<readonly Outcome[]> =>
  pipe(
    TE.Do,
    TE.bind("expected", () => readExpected(folder, `${TYPES}.safetensors`)),
    TE.bind("file", () => openGguf(join(folder, `${TYPES}.gguf`))),
    TE.chain(({ expected, file }) => async () => {
      const outcomes = await pipe(
        Object.entries(expected).filter(([name]) => isWanted(`values ${name}`)),
        TE.traverseSeqArray(([name, wanted]) =>
          pipe(
            file.read(name),
            TE.map((found) => compared(`values ${name}`, toF64(found), wanted, EXACT)),
          ),
        ),
      )();
      await file.close();
      return outcomes;
    }),
  );

const logitsOf = (runner: Runner, ids: readonly number[]): Faulty<Tensor> =>
  pipe(
    runner.run({ tokens: i32([ids.length], ids), position: i32([1], [ids.length - 1]) }),
    TE.map(({ logits }) => logits as Tensor),
  );

type Text = { readonly text: string; readonly ids: readonly number[] };

const checkText =
  (model: Model, runner: Runner, expected: Expected, tolerance: Tolerance) =>
  ([name, { text, ids }]: readonly [string, Text]): Faulty<readonly Outcome[]> => {
    const encoded = model.tokenizer.encode(text, { special: true });
    const same = E.isRight(encoded) && encoded.right.ids.join() === ids.join();
    const idsOutcome: Outcome = same
      ? { kind: "compared", name: `${name} ids`, error: 0, tolerance: 0 }
      : { kind: "failed", name: `${name} ids`, reason: "the tokenizer gives other ids" };
    return pipe(
      logitsOf(runner, ids),
      TE.map(({ data }) => [
        idsOutcome,
        compared(`${name} logits.last`, data, expected[`${name}.logits.last`] as Tensor, tolerance),
      ]),
    );
  };

/** The file in `models` that has every word of `name` in its own. */
const fileFor = (models: string, name: string): string | undefined => {
  const files = existsSync(models) ? readdirSync(models).filter((file) => file.endsWith(".gguf")) : [];
  const found = files.find((file) => name.split("-").every((word) => file.toLowerCase().includes(word)));
  return found === undefined ? undefined : join(models, found);
};

const checkModel = (folder: string, name: string, path: string, { backend, tolerance, isWanted }: Terms) =>
  pipe(
    TE.Do,
    TE.bind("texts", () => readTexts(join(folder, `${name}.json`))),
    TE.bind("expected", () => readExpected(folder, `${name}.safetensors`)),
    TE.bind("model", () => loadModel(path)),
    TE.chain(({ texts, expected, model }) => async () => {
      const last = gather(-2, input("position", [1], "i32"))(model.architecture.normed);
      const outcomes = await pipe(
        backend.prepare({ logits: model.architecture.unembed(last) }, model.weights),
        TE.chain((runner) =>
          pipe(
            Object.entries(texts).filter(([text]) => [`${text} ids`, `${text} logits.last`].some(isWanted)),
            TE.traverseSeqArray(checkText(model, runner, expected, tolerance)),
            TE.chainFirstIOK(() => runner.dispose),
          ),
        ),
      )();
      await model.close();
      return outcomes;
    }),
    TE.map((outcomes) => outcomes.flat().filter((o) => isWanted(o.name))),
  );

/** All outcomes of the folder; models lie in `models`, and one that is not there is listed, not failed. */
export const checkGguf = (
  folder: string,
  models: string,
  terms: Terms,
  report: (outcomes: readonly Outcome[]) => void,
): Faulty<unknown> => {
  const names = readdirSync(folder).flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []);
  return pipe(
    checkTypes(folder, terms),
    TE.chainFirstIOK((outcomes) => () => report(outcomes)),
    TE.chain(() =>
      pipe(
        names,
        TE.traverseSeqArray((name): Faulty<void> => {
          const path = fileFor(models, name);
          const absent: Outcome = { kind: "uncovered", name, reason: `no file of this model in ${models}` };
          return pipe(path === undefined ? TE.right([absent]) : checkModel(folder, name, path, terms), TE.map(report));
        }),
      ),
    ),
  );
};
