// A folder with a tiny checkpoint of one family: logits, every residual state and, where the published DePass code was
// run on it, its parts. Everything is driven by the files, so new seeds, sizes and ids need nothing here.

import type { Weights } from "@depass/graph";
import {
  decompose,
  type Expr,
  type Fault,
  type Faulty,
  findSite,
  type Graph,
  pack,
  partsName,
  prune,
  share,
  showFaults,
  simplify,
  type Tensor,
  type Tensors,
  toF64,
} from "@depass/graph";
import { type Architecture, architectureOf, type Families, namedFor, openCheckpoint, weightsIn } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { flow, pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Decomposition, decompositionOf, everyState, streamSites } from "./calls.ts";
import { compared, type Outcome, type Terms } from "./compare.ts";
import { type Call, type Expected, readCalls, readExpected } from "./expected.ts";

type Subject = Terms & { readonly architecture: Architecture; readonly weights: Weights };

/** Runs a graph once on a subject's weights. */
const runOnce = ({ backend, weights }: Subject, graph: Graph, inputs: Tensors): Faulty<Tensors> =>
  pipe(
    backend.prepare(graph, weights),
    TE.chain((runner) => async () => {
      const out = await runner.run(inputs)();
      runner.dispose();
      return out;
    }),
  );

export const atSite = (architecture: Architecture, name: string): Expr =>
  findSite({ normed: architecture.normed }, name) as Expr;

const stacked = (tensors: readonly Tensor[]): Float64Array => {
  const data = tensors.map(toF64);
  const all = new Float64Array(data.reduce((n, d) => n + d.length, 0));
  data.reduce((at, d) => {
    all.set(d, at);
    return at + d.length;
  }, 0);
  return all;
};

const forward = (subject: Subject, expected: Expected): Faulty<readonly Outcome[]> => {
  const { architecture, tolerance, isWanted } = subject;
  const sites = streamSites(architecture);
  const states = Object.fromEntries(sites.map((name) => [name, atSite(architecture, name)]));
  const graph = { logits: architecture.unembed(architecture.normed), ...states };
  if (!["logits", "states"].some(isWanted)) return TE.right([]);
  return pipe(
    runOnce(subject, graph, { tokens: expected.input_ids as Tensor }),
    TE.map((out) =>
      [
        compared("logits", (out.logits as Tensor).data, expected.logits as Tensor, tolerance),
        compared("states", stacked(sites.map((name) => out[name] as Tensor)), expected.states as Tensor, tolerance),
      ].filter(({ name }) => isWanted(name)),
    ),
  );
};

/** `[M, T, D] → [T, named, D]`: the published order, without bias and remainder. */
const tokenMajor = (parts: Tensor, named: number): Float64Array => {
  const [, tokens, width] = parts.shape as unknown as readonly [number, number, number];
  const data = toF64(parts);
  const out = new Float64Array(tokens * named * width);
  for (let n = 0; n < tokens; n++)
    for (let m = 0; m < named; m++)
      out.set(data.subarray((m * tokens + n) * width, (m * tokens + n + 1) * width), (n * named + m) * width);
  return out;
};

/** The published code drops what no part supplied: `constants: "drop"` (method.md, the v bias). */
const decomposed = (
  architecture: Architecture,
  { seed, rule, sites }: Decomposition,
): E.Either<readonly Fault[], Graph> =>
  pipe(
    decompose(Object.fromEntries(sites.map((name) => [name, atSite(architecture, name)])), {
      seed,
      rule,
      constants: "drop",
    }),
    E.map((d) => prune(sites.map(partsName))(d.graph)),
    E.chain(flow(share, simplify)),
    E.chain(pack),
  );

const partsOf = (subject: Subject, d: Decomposition, tokens: Tensor): Faulty<Float64Array> =>
  pipe(
    TE.fromEither(decomposed(subject.architecture, d)),
    TE.chain((graph) => runOnce(subject, graph, { tokens, ...d.inputs })),
    TE.map((out) =>
      stacked(
        d.sites.map((name): Tensor => {
          const named = typeof d.seed.named === "number" ? d.seed.named : tokens.data.length;
          const data = tokenMajor(out[partsName(name)] as Tensor, named);
          return { dtype: "f64", shape: [data.length], data };
        }),
      ),
    ),
  );

/** Scores of a token's parts for a target: rows of parts `[T, M, D]` times a row of the unembedding. */
const scores = (parts: Float64Array, count: number, token: number, direction: Float64Array): Float64Array => {
  const width = direction.length;
  const first = token * count * width;
  return Float64Array.from({ length: count }, (_, m) =>
    direction.reduce((sum, w, d) => sum + w * (parts[first + m * width + d] as number), 0),
  );
};

const uncovered = (name: string, c: Call): Outcome => ({
  kind: "uncovered",
  name,
  reason: `not yet covered: seed ${c.seed ?? "none"}${c.rule === undefined ? "" : `, rule ${c.rule}`}`,
});

type Published = {
  readonly calls: Readonly<Record<string, Call>>;
  readonly expected: Expected;
  readonly tokens: Tensor;
};

const oneCall =
  (subject: Subject, { calls, expected, tokens }: Published) =>
  ([name, c]: readonly [string, Call]): Faulty<readonly Outcome[]> => {
    const { architecture, tolerance, weights } = subject;
    const wanted = expected[name];
    if (wanted === undefined)
      return TE.right([{ kind: "failed", name, reason: "no such tensor in depass.safetensors" }]);
    const source = c.of === undefined ? c : calls[c.of];
    if (name === "states") return states(subject, tokens, wanted);
    if (name === "subspace.seed") return TE.right([]);
    const found = source === undefined ? undefined : decompositionOf(architecture, source, expected);
    if (found === undefined) return TE.right([uncovered(name, source ?? c)]);
    const parts = pipe(
      TE.fromEither(found),
      TE.chain((d) => partsOf(subject, d, tokens)),
    );
    if (c.of === undefined) return TE.map((p: Float64Array) => [compared(name, p, wanted, tolerance)])(parts);
    return pipe(
      TE.Do,
      TE.bind("p", () => parts),
      TE.bind("table", () => weights.read(architecture.unembedding)),
      TE.map(({ p, table }) => {
        const row = toF64(table).subarray(
          (c.target ?? 0) * architecture.hidden,
          ((c.target ?? 0) + 1) * architecture.hidden,
        );
        return [compared(name, scores(p, tokens.data.length, c.token ?? 0, row), wanted, tolerance)];
      }),
    );
  };

/** S[0 … 2L], each layer's state before and after its attention. */
const states = (subject: Subject, tokens: Tensor, wanted: Tensor): Faulty<readonly Outcome[]> => {
  const { architecture, tolerance } = subject;
  const names = everyState(architecture);
  return pipe(
    runOnce(subject, Object.fromEntries(names.map((name) => [name, atSite(architecture, name)])), { tokens }),
    TE.map((out) => [
      compared("states (depass)", stacked(names.map((name) => out[name] as Tensor)), wanted, tolerance),
    ]),
  );
};

const published = (subject: Subject, folder: string, tokens: Tensor): Faulty<readonly Outcome[]> =>
  pipe(
    TE.Do,
    TE.bind("calls", () => readCalls(`${folder}/depass.json`)),
    TE.bind("expected", () => readExpected(folder, "depass.safetensors")),
    TE.chain(({ calls, expected }) =>
      pipe(
        Object.entries(calls).filter(([name]) => subject.isWanted(name)),
        TE.traverseSeqArray(oneCall(subject, { calls, expected, tokens })),
      ),
    ),
    TE.map((outcomes) => outcomes.flat()),
  );

/** All outcomes of one family folder; a family that is not supported yet is listed, not failed. */
export const checkFamily = (
  folder: string,
  hasParts: boolean,
  terms: Terms,
  families: Families = {},
): Faulty<readonly Outcome[]> =>
  pipe(
    openCheckpoint(folder),
    TE.chain((checkpoint) => async () => {
      const result = await withArchitecture(checkpoint.config, families, (architecture) => {
        const subject = { architecture, weights: weightsIn(namedFor(architecture, checkpoint)), ...terms };
        return pipe(
          readExpected(folder, "forward.safetensors"),
          TE.chain((expected) =>
            pipe(
              TE.Do,
              TE.bind("first", () => forward(subject, expected)),
              TE.bind("rest", () =>
                hasParts
                  ? published(subject, folder, expected.input_ids as Tensor)
                  : TE.right([] as readonly Outcome[]),
              ),
              TE.map(({ first, rest }) => [...first, ...rest]),
            ),
          ),
        );
      })();
      await checkpoint.close();
      return result;
    }),
  );

const withArchitecture = (
  config: unknown,
  families: Families,
  check: (architecture: Architecture) => Faulty<readonly Outcome[]>,
): Faulty<readonly Outcome[]> => {
  const architecture = architectureOf(config, "config.json", families);
  if (E.isRight(architecture)) return check(architecture.right);
  const reason = showFaults(architecture.left.slice(0, 1));
  const unsupported = architecture.left.some((f) => f.next?.includes("not supported yet") === true);
  return TE.right([{ kind: unsupported ? "uncovered" : "failed", name: "forward", reason }]);
};
