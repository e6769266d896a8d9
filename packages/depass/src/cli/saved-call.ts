// Which options made a saved result? Those of the call in its file, as far as they say how to ask again: a file may have been
// changed, or come from anybody.
import type { Fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { misread } from "../stored.ts";
import { usage } from "./outcome.ts";
import { type OwnOptions, ownFiles } from "./own-method.ts";
import { rulesIn } from "./rule-text.ts";

const layer = new t.Type<number>(
  "layer",
  (u): u is number => Number.isInteger(u) && (u as number) >= 0,
  (u, context) => (Number.isInteger(u) && (u as number) >= 0 ? t.success(u as number) : t.failure(u, context)),
  (layer) => layer,
);
const names = <A extends string>(...all: readonly A[]) =>
  t.keyof(Object.fromEntries(all.map((name) => [name, null])) as Record<A, null>);

const rule = new t.Type<string>(
  "rule",
  t.string.is,
  (u, context) => (t.string.is(u) && E.isRight(rulesIn(u)) ? t.success(u) : t.failure(u, context)),
  (rule) => rule,
);
const level = names("token", "words", "sentences", "ranges", "subspace", "attention", "mlp", "head", "neuron");
const special = names("ignore", "keep");
const where = { model: t.string, families: t.string, method: t.string, basis: t.string, direction: t.string };

/** Of `attribute`, `map` and `compare`. */
const askedCall = t.exact(
  t.partial({
    ...where,
    rule,
    seed: level,
    from: layer,
    neurons: t.array(layer),
    range: t.array(t.string),
    drill: t.array(t.string),
    temperature: t.number,
    special,
    to: t.union([t.string, t.number]),
    layers: t.literal(true),
    promotes: layer,
    mode: names("auto", "forward", "adjoint"),
  }),
);

/** Of `generate`. */
const writtenCall = t.exact(
  t.partial({
    ...where,
    rule,
    ruleTemperature: t.number,
    parts: level,
    from: layer,
    neurons: t.array(layer),
    range: t.array(t.string),
    drill: t.array(t.string),
    special,
  }),
);

/** A file may come from anybody: what it names is neither run nor read for that. */
const NAMED = "name the file that it was made with";

type Files = Pick<OwnOptions, (typeof ownFiles)[number]>;

const unnamed = (call: Files, path: string, given: Files): readonly Fault[] =>
  ownFiles.flatMap((name) =>
    call[name] !== undefined && given[name] === undefined
      ? [usage(`--${name}`, `${call[name]}, as ${path} has it`, "none", NAMED)]
      : [],
  );

const decoded =
  <A extends Files>(codec: t.Decoder<unknown, A>) =>
  (call: unknown, path: string, given: Files): E.Either<readonly Fault[], A> =>
    pipe(
      t.type({ call: codec as t.Type<A, unknown> }).decode({ call }),
      E.bimap(misread(path, "the options of a call"), (found) => found.call),
      E.chain((found) => {
        const faults = unnamed(found, path, given);
        return faults.length > 0 ? E.left(faults) : E.right(found);
      }),
    );

/** Faults: an option of another type than the command takes. */
export const callIn = decoded(askedCall);
export const writtenCallIn = decoded(writtenCall);
