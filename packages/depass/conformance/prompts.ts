// A folder with prompts on SmolLM2: logits and states of the last token, and the scores the published code gives its parts.
import {
  type Backend,
  decompose,
  type Expr,
  type Fault,
  type Faulty,
  type Graph,
  gather,
  i32,
  input,
  pack,
  partsName,
  prune,
  type Rule,
  type Runner,
  share,
  simplify,
  softmaxRule,
  type Tensor,
  toF64,
  tokenSeed,
} from "@depass/graph";
import { loadModel, type Model, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { flow, pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { compared, type Outcome } from "./compare.ts";
import { type Expected, type Prompt, readExpected, readPrompts } from "./expected.ts";
import { atSite, streamSites } from "./family.ts";

/** Tensors of a prompt's file that one decomposition gives: `<key>.target`, `<key>.foil`. */
type Variant = { readonly key: string; readonly layer: number; readonly rule: Rule };

/** `token.softmax`, `token.softmax.all`, `token.softmax.from15` as the names of the tensors say them. */
const variantOf = (name: string): Variant | undefined => {
  const found = /^(token\.softmax(\.all)?(?:\.from(\d+))?)\.(target|foil|parts_at_last)$/.exec(name);
  if (found === null) return undefined;
  return {
    key: found[1] as string,
    layer: Number(found[3] ?? 0),
    rule: softmaxRule(0.1, found[2] === undefined ? "ignore" : "keep"),
  };
};

const lastOf = (x: Expr): Expr => gather(-2, input("position", [1], "i32"))(x);

/** The forward pass at the last token: logits and every state, concatenated by name. */
const forwardGraph = ({ architecture }: Model): Graph => ({
  logits: architecture.unembed(lastOf(architecture.normed)),
  ...Object.fromEntries(streamSites(architecture).map((name) => [name, lastOf(atSite(architecture, name))])),
});

const partsGraph = ({ architecture }: Model, { layer, rule }: Variant): E.Either<readonly Fault[], Graph> =>
  pipe(
    decompose({ normed: lastOf(architecture.normed) }, { seed: tokenSeed(site.residPre(layer)), rule }),
    E.map(({ graph }) => prune([partsName("normed")])(graph)),
    E.chain(flow(share, simplify)),
    E.chain(pack),
  );

type Case = { readonly name: string; readonly prompt: Prompt; readonly expected: Expected };

const inputsOf = ({ prompt }: Case) => ({
  tokens: i32([prompt.ids.length], prompt.ids),
  position: i32([1], [prompt.ids.length - 1]),
});

const tokenized = (model: Model, { name, prompt }: Case): Outcome => {
  const ids = model.tokenizer.encode(prompt.text, { special: true });
  const same = E.isRight(ids) && ids.right.ids.join() === prompt.ids.join();
  return same
    ? { kind: "compared", name: `${name} ids`, error: 0, tolerance: 0 }
    : { kind: "failed", name: `${name} ids`, reason: "the tokenizer gives other ids" };
};

const states =
  (model: Model, tolerance: number, runner: Runner) =>
  (c: Case): Faulty<readonly Outcome[]> =>
    pipe(
      runner.run(inputsOf(c)),
      TE.map((out) => {
        const stream = streamSites(model.architecture).flatMap((name) => [...(out[name] as Tensor).data]);
        return [
          tokenized(model, c),
          compared(
            `${c.name} logits.last`,
            (out.logits as Tensor).data,
            c.expected["logits.last"] as Tensor,
            tolerance,
          ),
          compared(`${c.name} states.last_token`, stream, c.expected["states.last_token"] as Tensor, tolerance),
        ];
      }),
    );

/** Scores in f64 of parts `[M, 1, D]` along a row of the unembedding, and the parts themselves. */
const partOutcomes =
  (model: Model, tolerance: number, variant: Variant, runner: Runner) =>
  (c: Case): Faulty<readonly Outcome[]> => {
    const { hidden, unembedding } = model.architecture;
    const named = c.prompt.ids.length;
    const names = Object.keys(c.expected).filter((name) => variantOf(name)?.key === variant.key);
    const row = (id: number) => pipe(model.checkpoint.readRows(unembedding, id, 1), TE.map(toF64));
    if (names.length === 0) return TE.right([]);
    return pipe(
      TE.Do,
      TE.bind("out", () => runner.run(inputsOf(c))),
      TE.bind("target", () => row(c.prompt.target)),
      TE.bind("foil", () => row(c.prompt.foil)),
      TE.map(({ out, target, foil }) => {
        const parts = toF64(out[partsName("normed")] as Tensor).subarray(0, named * hidden);
        const along = (direction: Float64Array) =>
          Array.from({ length: named }, (_, m) =>
            direction.reduce((sum, w, d) => sum + w * (parts[m * hidden + d] as number), 0),
          );
        const actual = (name: string) => {
          if (name.endsWith("parts_at_last")) return parts;
          return along(name.endsWith("foil") ? foil : target);
        };
        return names.map((name) => compared(`${c.name} ${name}`, actual(name), c.expected[name] as Tensor, tolerance));
      }),
    );
  };

const prepared = <A>(backend: Backend, model: Model, graph: Graph, use: (runner: Runner) => Faulty<A>): Faulty<A> =>
  pipe(
    backend.prepare(graph, model.weights),
    TE.chain((runner) => async () => {
      const result = await use(runner)();
      runner.dispose();
      return result;
    }),
  );

const uncovered = ({ name, expected }: Case): readonly Outcome[] => {
  const known = new Set(["input_ids", "logits.last", "states.last_token"]);
  const left = Object.keys(expected).filter((tensor) => !known.has(tensor) && variantOf(tensor) === undefined);
  return left.length === 0
    ? []
    : [{ kind: "uncovered", name: `${name} (${left.length} tensors)`, reason: `not yet covered: ${left.join(", ")}` }];
};

const each =
  (report: (outcomes: readonly Outcome[]) => void) =>
  (cases: readonly Case[], check: (c: Case) => Faulty<readonly Outcome[]>): Faulty<unknown> =>
    pipe(
      cases,
      TE.traverseSeqArray((c) =>
        pipe(
          check(c),
          TE.chainFirstIOK((found) => () => report(found)),
        ),
      ),
    );

/** Checks all prompts; each outcome is reported as soon as it is known, for this takes minutes on software. */
export const checkPrompts = (
  folder: string,
  modelFolder: string,
  backend: Backend,
  tolerance: number,
  report: (outcomes: readonly Outcome[]) => void,
): Faulty<void> =>
  pipe(
    TE.Do,
    TE.bind("model", () => loadModel(modelFolder)),
    TE.bind("prompts", () => readPrompts(`${folder}/index.json`)),
    TE.bind("cases", ({ prompts }) =>
      pipe(
        Object.entries(prompts),
        TE.traverseSeqArray(([name, prompt]) =>
          pipe(
            readExpected(folder, `${name}.safetensors`),
            TE.map((expected): Case => ({ name, prompt, expected })),
          ),
        ),
      ),
    ),
    TE.chainFirst(({ model, cases }) =>
      prepared(backend, model, forwardGraph(model), (runner) => each(report)(cases, states(model, tolerance, runner))),
    ),
    TE.chainFirst(({ model, cases }) => {
      const variants = new Map(
        cases.flatMap((c) => Object.keys(c.expected).flatMap((name) => variantOf(name) ?? [])).map((v) => [v.key, v]),
      );
      return pipe(
        [...variants.values()],
        TE.traverseSeqArray((variant) =>
          pipe(
            TE.fromEither(partsGraph(model, variant)),
            TE.chain((graph) =>
              prepared(backend, model, graph, (runner) =>
                each(report)(cases, partOutcomes(model, tolerance, variant, runner)),
              ),
            ),
          ),
        ),
      );
    }),
    TE.chain(({ model, cases }) => async () => {
      report(cases.flatMap(uncovered));
      await model.close();
      return E.right(undefined);
    }),
  );
