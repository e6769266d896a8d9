// A folder with prompts on SmolLM2: logits and states of the last token, and the scores the published code gives its parts.
import type { Faulty, Graph, Runner, Tensor } from "@depass/graph";
import { loadModel, type Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { atPosition } from "../src/explanation.ts";
import { arbitrated } from "./arbiter.ts";
import { streamSites } from "./calls.ts";
import { type Case, inputsOf, isComparable, namesOf, prepared, type Setting, scored } from "./case.ts";
import { compared, type Outcome, type Terms } from "./compare.ts";
import { edgeInputs, edgesWith } from "./edges.ts";
import { type Expected, readExpected, readPrompts } from "./expected.ts";
import { atSite } from "./family.ts";
import { type Parts, partsOf, together, variantOf } from "./variants.ts";

type Report = (outcomes: readonly Outcome[]) => void;

/** The forward pass at the last token: logits and every state, concatenated by name. */
const forwardGraph = ({ architecture }: Model): Graph => ({
  logits: architecture.unembed(atPosition(architecture.normed)),
  ...Object.fromEntries(streamSites(architecture).map((name) => [name, atPosition(atSite(architecture, name))])),
});

const tokenized = (model: Model, { name, prompt }: Case): Outcome => {
  const ids = model.tokenizer.encode(prompt.text, { special: true });
  const same = E.isRight(ids) && ids.right.ids.join() === prompt.ids.join();
  return same
    ? { kind: "compared", name: `${name} ids`, error: 0, tolerance: 0 }
    : { kind: "failed", name: `${name} ids`, reason: "the tokenizer gives other ids" };
};

const forwardTensors = ["logits.last", "states.last_token"] as const;

const forwardNames = ({ expected }: Case) => forwardTensors.filter((name) => expected[name] !== undefined);

const states =
  ({ model, tolerance }: Setting, runner: Runner) =>
  (c: Case): Faulty<readonly Outcome[]> =>
    pipe(
      runner.run(inputsOf(c)),
      TE.map((out) => {
        const stream = streamSites(model.architecture).flatMap((name) => [...(out[name] as Tensor).data]);
        const actual = { "logits.last": (out.logits as Tensor).data, "states.last_token": stream };
        return forwardNames(c).map((name) =>
          compared(`${c.name} ${name}`, actual[name], c.expected[name] as Tensor, tolerance),
        );
      }),
    );

const listed = ({ name }: Case, tensors: readonly string[], reason: string): readonly Outcome[] =>
  tensors.length === 0
    ? []
    : [{ kind: "uncovered", name: `${name} (${tensors.length} tensors)`, reason: `${reason}: ${tensors.join(", ")}` }];

const uncovered = (c: Case): readonly Outcome[] => {
  const known = new Set<string>(["input_ids", ...forwardTensors]);
  const others = Object.keys(c.expected).filter((tensor) => !known.has(tensor));
  const isUnsure = (tensor: string): boolean => {
    const variant = variantOf(tensor);
    return variant !== undefined && !isComparable(variant, c);
  };
  return [
    ...listed(
      c,
      others.filter((tensor) => variantOf(tensor) === undefined),
      "unknown",
    ),
    ...listed(c, others.filter(isUnsure), "max is discontinuous on a long prompt"),
  ];
};

const inTurn = <A>(all: readonly A[], check: (one: A) => Faulty<unknown>): Faulty<void> =>
  pipe(
    all,
    TE.traverseSeqArray(check),
    TE.map(() => undefined),
  );

const checkForward = (setting: Setting, cases: readonly Case[], report: Report): Faulty<void> => {
  const asked = cases.filter((c) => forwardNames(c).length > 0);
  return asked.length === 0
    ? TE.right(undefined)
    : prepared(setting.backend, setting.model, forwardGraph(setting.model), (runner) =>
        inTurn(asked, (c) => TE.map(report)(states(setting, runner)(c))),
      );
};

/** One run of a prompt for all variants of a batch. */
const checkCase =
  (setting: Setting, batch: readonly Parts[], runner: Runner, report: Report) =>
  (c: Case): Faulty<void> => {
    const asked = batch.filter(({ variant }) => namesOf(variant, c).length > 0);
    if (asked.length === 0) return TE.right(undefined);
    const tokens = c.prompt.ids.length;
    const edges = batch.map(({ places, neurons }) => edgeInputs(edgesWith(places, tokens * neurons, []), tokens));
    return pipe(
      runner.run(Object.assign(inputsOf(c), ...edges)),
      TE.chain((out) =>
        inTurn(asked, (parts) =>
          pipe(
            scored(setting, parts, c)(out),
            TE.chain((found) => arbitrated(setting, parts, c, found)),
            TE.map(report),
          ),
        ),
      ),
    );
  };

/** Below token level there are few parts, and most of a run is the model itself: those variants share it. */
const batchesOf = (all: readonly Parts[]): readonly (readonly Parts[])[] => {
  const isPlaced = ({ variant }: Parts): boolean => variant.seed !== "token";
  const placed = all.filter(isPlaced);
  return [...(placed.length === 0 ? [] : [placed]), ...all.filter((parts) => !isPlaced(parts)).map((parts) => [parts])];
};

const checkParts = (setting: Setting, cases: readonly Case[], report: Report): Faulty<void> => {
  const found = cases.flatMap((c) => Object.keys(c.expected).flatMap((name) => variantOf(name) ?? []));
  const variants = [...new Map(found.map((v) => [v.key, v])).values()];
  return pipe(
    TE.fromEither(pipe(variants, E.traverseArray(partsOf(setting.model.architecture)))),
    TE.chain((all) =>
      inTurn(batchesOf(all), (batch) =>
        pipe(
          TE.fromEither(together(batch)),
          TE.chain((graph) =>
            prepared(setting.backend, setting.model, graph, (runner) =>
              inTurn(cases, checkCase(setting, batch, runner, report)),
            ),
          ),
        ),
      ),
    ),
  );
};

/** The prompts of a folder with those of their expected values that are wanted. */
const readCases = (folder: string, isWanted: Terms["isWanted"]): Faulty<readonly Case[]> => {
  const chosen = (name: string, expected: Expected): Expected =>
    Object.fromEntries(Object.entries(expected).filter(([tensor]) => isWanted(`${name} ${tensor}`)));
  return pipe(
    readPrompts(`${folder}/index.json`),
    TE.chain((prompts) =>
      pipe(
        Object.entries(prompts),
        TE.traverseSeqArray(([name, prompt]) =>
          pipe(
            readExpected(folder, `${name}.safetensors`),
            TE.map((expected): Case => ({ name, prompt, expected: chosen(name, expected) })),
          ),
        ),
      ),
    ),
  );
};

/** Checks all prompts; each outcome is reported as soon as it is known, for this takes minutes on software. */
export const checkPrompts = (
  folder: string,
  modelFolder: string,
  { isWanted, ...terms }: Terms,
  report: Report,
): Faulty<void> =>
  pipe(
    TE.Do,
    TE.bind("cases", () => readCases(folder, isWanted)),
    TE.bind("model", () => loadModel(modelFolder)),
    TE.chain(({ model, cases }) => async () => {
      const setting = { model, ...terms };
      report(cases.map((c) => tokenized(model, c)).filter(({ name }) => isWanted(name)));
      const checked = await pipe(
        checkForward(setting, cases, report),
        TE.chain(() => checkParts(setting, cases, report)),
        TE.map(() => report(cases.flatMap(uncovered))),
      )();
      await model.close();
      return checked;
    }),
  );
