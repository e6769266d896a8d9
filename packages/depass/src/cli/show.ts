// `depass show`: what would run? The model's graph and what becomes of it: decomposed, packed, planned, each kernel's WGSL.
// Everything here is pure but for opening the folder, and reading the names of adapters for a plan.
import { type Fault, type Faulty, fault, type Graph, prune, show as showGraph, sitesOf } from "@depass/graph";
import {
  type AdapterRecord,
  listAdapters,
  type Plan,
  type PlanOptions,
  plan,
  showPlan,
  storedTypes,
} from "@depass/kernels";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Explanation, explanationGraph } from "../explanation.ts";
import { showKernel } from "../report/kernel.ts";
import { showTwins } from "../report/twins.ts";
import { type ModelOptions, withModel } from "./checkpoint.ts";
import { type MethodOptions, methodOf } from "./method.ts";
import { usage } from "./outcome.ts";
import { print } from "./terminal.ts";

export type ShowOptions = ModelOptions &
  MethodOptions & {
    readonly sites?: true;
    readonly decomposed?: true;
    readonly packed?: true;
    readonly plan?: true;
    readonly tokens?: number;
    readonly kernel?: string;
    readonly adapter?: string;
  };

type Text = E.Either<readonly Fault[], string>;

const whole = ({ architecture }: Model): Graph => ({ logits: architecture.unembed(architecture.normed) });

const explanation = (model: Model, options: ShowOptions): E.Either<readonly Fault[], Explanation> =>
  pipe(
    methodOf(options, model),
    E.chain(({ level: { seed }, rule }) => explanationGraph(model, { seed, rule })),
  );

/** The decomposition as it is made, with the outputs that are run, and how faithful each of its twins is. */
const showDecomposed = ({ graph, decomposed }: Explanation): string =>
  [showGraph(prune(Object.keys(graph))(decomposed.graph)), "", ...showTwins(decomposed.report)].join("\n");

/** A plan is a little different for each kind of device; without any it is made as for hardware. */
const targetOf = (
  found: readonly AdapterRecord[],
  wanted: string | undefined,
): E.Either<readonly Fault[], PlanOptions["target"]> => {
  const named = found.find(
    (a) => wanted === undefined || `${a.name} ${a.architecture}`.toLowerCase().includes(wanted.toLowerCase()),
  );
  if (named !== undefined) return E.right(named);
  const names = found.map((a) => a.name).join(", ") || "none";
  return wanted === undefined
    ? E.right({ kind: "hardware", features: [] })
    : E.left([fault("no-adapter", "--adapter", `an adapter named like '${wanted}'`, names, "see depass devices")]);
};

const planned = (model: Model, options: ShowOptions): Faulty<Plan> =>
  pipe(
    TE.fromTask<Awaited<ReturnType<typeof listAdapters>>, readonly Fault[]>(listAdapters),
    TE.chainEitherK(({ found }) => targetOf(found, options.adapter)),
    TE.bindTo("target"),
    TE.bind("explained", () => TE.fromEither(explanation(model, options))),
    TE.chainEitherK(({ target, explained }) => plan(explained.graph, { target, dtypeOf: storedTypes(model.weights) })),
  );

const MOST_NAMES = 12;

/** A step by its number, its whole name, or a part of its name that no other step has. */
const stepNumber = ({ steps }: Plan, wanted: string): E.Either<readonly Fault[], number> => {
  if (/^\d+$/.test(wanted))
    return Number(wanted) < steps.length
      ? E.right(Number(wanted))
      : E.left([usage("--kernel", `a step from 0 to ${steps.length - 1}`, wanted)]);
  const numbered = steps.map(({ name, kernel }, number) => ({ number, name, kernel: kernel.name }));
  const exact = numbered.filter((s) => s.name === wanted || s.kernel === wanted);
  const alike = exact.length > 0 ? exact : numbered.filter((s) => s.name.includes(wanted));
  if (alike.length === 1) return E.right((alike[0] as { number: number }).number);
  const names = alike.slice(0, MOST_NAMES).map((s) => `${s.number} ${s.name}`);
  const more = alike.length > MOST_NAMES ? ` and ${alike.length - MOST_NAMES} more` : "";
  return E.left([
    usage(
      "--kernel",
      "the number or the name of one step",
      alike.length === 0 ? `'${wanted}', which none has` : `'${wanted}', which is in ${names.join(", ")}${more}`,
      "see depass show --plan",
    ),
  ]);
};

const textOf = (model: Model, options: ShowOptions): Faulty<string> => {
  const pure = (text: Text): Faulty<string> => TE.fromEither(text);
  const { kernel, tokens } = options;
  if (kernel !== undefined)
    return pipe(
      planned(model, options),
      TE.chainEitherK((p) =>
        pipe(
          stepNumber(p, kernel),
          E.map((number) => showKernel(p, number)),
        ),
      ),
    );
  if (options.plan)
    return pipe(
      planned(model, options),
      TE.map((p) => showPlan(p, tokens === undefined ? undefined : { T: tokens })),
    );
  if (options.decomposed) return pure(pipe(explanation(model, options), E.map(showDecomposed)));
  if (options.packed)
    return pure(
      pipe(
        explanation(model, options),
        E.map(({ graph }) => showGraph(graph)),
      ),
    );
  return TE.right(options.sites ? sitesOf(whole(model)).join("\n") : showGraph(whole(model)));
};

const checkOptions = ({ tokens, plan, kernel, adapter }: ShowOptions): E.Either<readonly Fault[], void> => {
  const faults = [
    ...(tokens !== undefined && !plan ? [usage("--tokens", "--plan with it", "none")] : []),
    ...(adapter !== undefined && !plan && kernel === undefined
      ? [usage("--adapter", "--plan or --kernel with it", "neither")]
      : []),
  ];
  return faults.length > 0 ? E.left(faults) : E.right(undefined);
};

/** Faults: those of the call, of the checkpoint and of the decomposition. */
export const show = (options: ShowOptions): Faulty<void> =>
  pipe(
    TE.fromEither(checkOptions(options)),
    TE.chain(() => withModel(options, (model) => textOf(model, options))),
    TE.map(print),
  );
