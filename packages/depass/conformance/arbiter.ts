// What a device fails below token level is looked at once more. Rounding decides there for a neuron beside the published edge,
// so f64 decides instead, the device is told, and is compared under the same decisions. Where f64 does not agree with what is
// expected either, decisions that the expected values' own rounding leaves open are tried (settle.ts), and the line says so.
import { type Faulty, type Runner, reference, type Tensors } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Case, inputsOf, prepared, type Setting, scored } from "./case.ts";
import { type Outcome, passes } from "./compare.ts";
import { type ByGate, decidedBy, edgeInputs, edgesWith, gatesIn, showTurn } from "./edges.ts";
import { type Look, type Settled, settle } from "./settle.ts";
import { type Parts, together, withGates } from "./variants.ts";

const runWith = (runner: Runner, c: Case, edges: ByGate): Faulty<Tensors> =>
  runner.run({ ...inputsOf(c), ...edgeInputs(edges, c.prompt.ids.length) });

const lookWith =
  (setting: Setting, parts: Parts, c: Case, runner: Runner): Look =>
  (turns) => {
    const edges = edgesWith(parts.places, c.prompt.ids.length * parts.neurons, turns);
    return pipe(
      TE.Do,
      TE.bind("out", () => runWith(runner, c, edges)),
      TE.bind("outcomes", ({ out }) => scored(setting, parts, c)(out)),
      TE.map(({ out, outcomes }) => ({ outcomes, edges, gates: gatesIn(out, parts.places) })),
    );
  };

const inF64 = (setting: Setting, parts: Parts, c: Case): Faulty<Settled> =>
  pipe(
    TE.fromEither(withGates(parts)),
    TE.chain((graph) =>
      prepared(reference, setting.model, graph, (runner) => settle(lookWith(setting, parts, c, runner))),
    ),
  );

/** The device, with every decision taken for it. */
const told = (setting: Setting, parts: Parts, c: Case, { sight }: Settled): Faulty<readonly Outcome[]> =>
  setting.backend === reference
    ? TE.right(sight.outcomes)
    : pipe(
        TE.fromEither(together([parts])),
        TE.chain((graph) =>
          prepared(setting.backend, setting.model, graph, (runner) =>
            runWith(runner, c, decidedBy(sight.gates, sight.edges)),
          ),
        ),
        TE.chain(scored(setting, parts, c)),
      );

/** What is found of a tensor under the decisions of f64, or under others that were open, beside what it was at first. */
const explained = (o: Outcome, plain: Outcome, { turns, open }: Settled, neurons: number): Outcome => {
  if (o.kind !== "compared" || plain.kind !== "compared") return o;
  if (turns.length === 0) return { ...o, note: `as f64 decides at the edge, ${plain.error.toExponential(1)} without` };
  const { name, error, tolerance } = o;
  const decisions = turns.map((turn) => showTurn(turn, neurons));
  return { kind: "undecided", name, error, tolerance, plain: plain.error, decisions, open };
};

/** Outcomes that a device gave, or where one of them fails at an edge, what becomes of it. */
export const arbitrated = (
  setting: Setting,
  parts: Parts,
  c: Case,
  found: readonly Outcome[],
): Faulty<readonly Outcome[]> =>
  found.every(passes) || parts.places.length === 0
    ? TE.right(found)
    : pipe(
        TE.Do,
        TE.bind("settled", () => inF64(setting, parts, c)),
        TE.bind("outcomes", ({ settled }) => told(setting, parts, c, settled)),
        TE.map(({ settled, outcomes }) =>
          outcomes.map((o, i) => explained(o, found[i] as Outcome, settled, parts.neurons)),
        ),
      );
