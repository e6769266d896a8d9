// What of the method is the caller's own? Vectors in files: bases of parts, a direction. Or a module that exports `method`, a function
// of the model: a rule, parts or a direction that no option names. It is given what scripts import, so that a file alone will do.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import * as graph from "@depass/graph";
import { type Fault, type Faulty, fault, type Rule, type Seed } from "@depass/graph";
import type { Model } from "@depass/models";
import * as models from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as scripts from "../browser.ts";
import type { Level, RankedLevel } from "../level.ts";
import type { Basis } from "../subspaces.ts";
import { usage } from "./outcome.ts";
import { basesAt, directionAt } from "./vectors.ts";

export type OwnMethod = {
  readonly rule?: Rule;
  readonly seed?: Seed | Level | RankedLevel;
  /** `[D]`, in the space of normed states. */
  readonly direction?: ArrayLike<number>;
};

export type OwnOptions = {
  /** The module. */
  readonly method?: string;
  /** A file of bases, and one of a direction. */
  readonly basis?: string;
  readonly direction?: string;
  /** What they say of the model at hand. */
  readonly own?: OwnMethod & { readonly bases?: readonly Basis[] };
};

/** Files of the caller's own: what a saved result names, and does not hold. */
export const ownFiles = ["method", "basis", "direction"] as const;

const wanted = "a module that exports method(model, tools), which gives { rule, seed, direction } or some of them";

const isObject = (x: unknown): x is Readonly<Record<string, unknown>> => typeof x === "object" && x !== null;
const isNamed = (x: unknown): x is { readonly name: string } => isObject(x) && typeof x.name === "string";

const isRule = (x: unknown): x is Rule => isNamed(x) && typeof (x as Partial<Rule>).split === "function";

const isSeed = (x: unknown): x is Seed => isNamed(x) && typeof (x as Partial<Seed>).site === "string";

/** A seed, one with what a prompt makes of it, or a choice by a pass backwards. */
const isParts = (x: unknown): x is Seed | Level | RankedLevel =>
  isSeed(x) || (isObject(x) && (isSeed(x.seed) || (isSeed(x.like) && typeof x.rank === "function")));

const isDirection = (x: unknown): x is ArrayLike<number> =>
  isObject(x) && typeof x.length === "number" && Array.from(x as unknown as ArrayLike<unknown>).every(Number.isFinite);

const kinds = {
  rule: [isRule, "a rule: { name, split }"],
  seed: [isParts, "a seed or a level"],
  direction: [isDirection, "finite numbers"],
} as const;

const isKind = (name: string): name is keyof typeof kinds => Object.hasOwn(kinds, name);

const shownBriefly = (value: unknown): string =>
  isObject(value) ? `an object with ${Object.keys(value).slice(0, 5).join(", ") || "nothing"}` : `${String(value)}`;

/** What a module's function gave. Faults: anything else than a method. */
const checked = (path: string, given: unknown): E.Either<readonly Fault[], OwnMethod> => {
  if (!isObject(given) || Object.keys(given).length === 0)
    return E.left([fault("method", path, wanted, shownBriefly(given))]);
  const faults = Object.entries(given).flatMap(([name, value]) => {
    if (!isKind(name)) return [fault("method", path, "rule, seed or direction", name)];
    const [is, expected] = kinds[name];
    return is(value) ? [] : [fault("method", `${path}: ${name}`, expected, shownBriefly(value))];
  });
  return faults.length > 0 ? E.left(faults) : E.right(given);
};

const thrown =
  (path: string) =>
  (error: unknown): readonly Fault[] =>
    (error as { readonly faults?: readonly Fault[] }).faults ?? [
      fault("method", path, wanted, error instanceof Error ? error.message : String(error)),
    ];

/** Faults (tag `method`): not a module that can be loaded, one without `method`, or whose function throws or gives something else. */
const methodIn = (path: string, model: Model): Faulty<OwnMethod> =>
  pipe(
    TE.tryCatch(
      () => import(pathToFileURL(resolve(path)).href) as Promise<{ readonly method?: unknown }>,
      thrown(path),
    ),
    TE.filterOrElse(
      ({ method }) => typeof method === "function",
      (): readonly Fault[] => [fault("method", path, wanted, "one without it")],
    ),
    TE.chain(({ method }) =>
      TE.tryCatch(
        async () => (method as (model: Model, tools: object) => unknown)(model, { ...graph, ...models, ...scripts }),
        thrown(path),
      ),
    ),
    TE.chainEitherK((given) => checked(path, given)),
  );

const noDirectionTwice = (method: OwnMethod, direction: unknown): E.Either<readonly Fault[], void> =>
  method.direction !== undefined && direction !== undefined
    ? E.left([usage("--direction", "none beside that of --method", "both")])
    : E.right(undefined);

/** The options with what the files say of this model; as they are without one. Faults: those of methodIn() and of vectors.ts. */
export const withOwn = <O extends OwnOptions>(options: O, model: Model): Faulty<O> => {
  const { method, basis, direction } = options;
  const { hidden } = model.architecture;
  const nothing = TE.right(undefined);
  if (ownFiles.every((name) => options[name] === undefined)) return TE.right(options);
  return pipe(
    method === undefined ? TE.right({}) : methodIn(method, model),
    TE.bindTo("said"),
    TE.bindW("bases", () => (basis === undefined ? nothing : basesAt(basis, hidden))),
    TE.bindW("along", () => (direction === undefined ? nothing : directionAt(direction, hidden))),
    TE.chainFirstEitherK(({ said, along }) => noDirectionTwice(said, along)),
    TE.map(({ said, bases, along }) => ({
      ...options,
      own: { ...said, ...(bases && { bases }), ...(along && { direction: along }) },
    })),
  );
};

/** Options that say again what the module says. */
export const twiceSaid = (
  { own }: OwnOptions,
  { rule, parts }: { readonly rule: boolean; readonly parts: boolean },
): readonly Fault[] => [
  ...(own?.rule !== undefined && rule ? [usage("--rule", "none beside the rule of --method", "both")] : []),
  ...(own?.seed !== undefined && parts ? [usage("--seed", "no parts beside those of --method", "both")] : []),
];
