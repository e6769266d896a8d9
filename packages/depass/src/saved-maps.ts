// Maps of heads and modules read back from a file: what save.ts wrote, checked for being that.
import type { Fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import type { Maps } from "./maps.ts";
import { savedAnswer } from "./saved.ts";
import { misread, withBackend } from "./stored.ts";

const row = t.array(t.number);

const stored = t.intersection([
  savedAnswer,
  t.type({ heads: t.array(row), attention: row, mlp: row }),
  t.partial({ all: t.type({ tokens: t.array(row), neurons: t.array(row) }) }),
]);

/** What a codec cannot say: that every layer has its row, and each token a score. */
const fits = ({ model, heads, attention, mlp, tokens, position, all }: t.TypeOf<typeof stored>): boolean =>
  tokens[position] !== undefined &&
  [heads, attention, mlp, ...(all === undefined ? [] : [all.neurons])].every((of) => of.length === model.layers) &&
  (all?.tokens ?? []).every((scores) => scores.length === tokens.length);

/** Maps of the form that toJson() gives them. Faults: anything else; `path` names where it is from. */
export const mapsIn = (json: unknown, path: string): E.Either<readonly Fault[], Maps> =>
  pipe(
    stored.decode(json),
    E.filterOrElseW(fits, () => []),
    E.bimap(misread(path, "saved maps"), (found) => withBackend(found) as Maps),
  );
