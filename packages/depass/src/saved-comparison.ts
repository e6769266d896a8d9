// A comparison of rules read back from a file: attributions of one question with the same parts, and how far they are apart.
import type { Fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import type { Comparison } from "./compare.ts";
import type { Attribution } from "./result.ts";
import { attributionIn } from "./saved.ts";
import { misread, remade } from "./stored.ts";

const stored = t.intersection([
  t.type({
    moved: t.array(t.type({ rule: t.string, distance: t.number, order: t.number })),
    attributions: t.array(t.unknown),
  }),
  remade,
]);

const asked = ({ prompt, position, target, foils = [], parts }: Attribution): string =>
  JSON.stringify([prompt, position, target.id, foils.map((f) => f.id), parts.map((p) => p.name)]);

/** What a codec cannot say: all attributions explain the same, and what moved are those behind the first. */
const fits = ({ attributions: [first, ...others], moved }: Comparison): boolean =>
  first !== undefined &&
  others.length === moved.length &&
  others.every((a, i) => asked(a) === asked(first) && a.rule === moved[i]?.rule);

/** A comparison of the form that comparisonJson() gives it. Faults: anything else; `path` names where it is from. */
export const comparisonIn = (json: unknown, path: string): E.Either<readonly Fault[], Comparison> => {
  const wrong = misread(path, "a saved comparison");
  return pipe(
    stored.decode(json),
    E.mapLeft(wrong),
    E.chain(({ attributions, ...rest }) =>
      pipe(
        attributions,
        E.traverseArray((one) => attributionIn(one, `${path} at attributions`)),
        E.map((found) => ({ ...rest, attributions: found }) as Comparison),
      ),
    ),
    E.filterOrElse(fits, () => wrong([])),
  );
};
