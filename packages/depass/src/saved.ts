// An attribution read back from a file: what save.ts wrote, checked for being that.
import { extname } from "node:path";
import { type Fault, type Faulty, fault, type Tensor, toF64 } from "@depass/graph";
import { openSafetensors, parseJson } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import type { Attribution } from "./result.ts";
import { savableEnding } from "./savable.ts";
import { jsonAt, misread, origin, withBackend } from "./stored.ts";

export const savedToken = t.type({
  id: t.number,
  text: t.string,
  start: t.number,
  end: t.number,
  whole: t.boolean,
  special: t.boolean,
  origin: t.union([t.literal("text"), t.literal("tokenizer")]),
});
const savedTarget = t.intersection([
  t.type({ id: t.number, text: t.string, logit: t.number, probability: t.number }),
  t.partial({ explained: t.type({ logit: t.number, softcap: t.number }) }),
]);
const tokenScores = t.array(t.type({ id: t.number, text: t.string, score: t.number }));
const part = t.intersection([
  t.type({ name: t.string, score: t.number }),
  t.partial({
    norm: t.number,
    token: t.number,
    tokens: t.array(t.number),
    promotes: tokenScores,
    suppresses: tokenScores,
  }),
]);
const layer = t.type({ site: t.string, scores: t.array(t.number), explained: t.number });

/** Seconds. */
const savedTimes = t.intersection([t.type({ prepare: t.number, run: t.number }), t.partial({ load: t.number })]);

/** What every answer about one position says: what was asked of which model, and how it was answered. */
export const savedAnswer = t.intersection([
  origin,
  t.type({
    rule: t.string,
    mode: t.union([t.literal("forward"), t.literal("adjoint")]),
    prompt: t.string,
    tokens: t.array(savedToken),
    position: t.number,
    target: savedTarget,
    explained: t.number,
    gap: t.number,
    times: savedTimes,
  }),
  t.partial({ foils: t.array(savedTarget), direction: t.literal(true) }),
]);

const stored = t.intersection([
  savedAnswer,
  t.type({ seed: t.string, parts: t.array(part), total: t.number }),
  t.partial({ to: t.string, layers: t.array(layer) }),
]);

/** What a codec cannot say: that numbers of tokens are of tokens that are there, and each layer has a score for each part. */
const fits = ({ tokens, position, parts, layers = [] }: t.TypeOf<typeof stored>): boolean =>
  tokens[position] !== undefined &&
  parts.length >= 2 &&
  parts.every(({ token, tokens: own = [] }) => [token ?? 0, ...own].every((i) => tokens[i] !== undefined)) &&
  layers.every(({ scores }) => scores.length === parts.length);

/** An attribution of the form that toJson() gives it. Faults: anything else; `path` names where it is from. */
export const attributionIn = (json: unknown, path: string): E.Either<readonly Fault[], Attribution> =>
  pipe(
    stored.decode(json),
    E.filterOrElseW(fits, () => []),
    E.bimap(misread(path, "a saved result"), (found) => withBackend(found) as Attribution),
  );

const fromJson = (path: string): Faulty<Attribution> =>
  pipe(
    jsonAt(path),
    TE.flatMapEither((json) => attributionIn(json, path)),
  );

type States = NonNullable<Attribution["states"]>;

const statesOf = (tensor: Tensor, rows: unknown, path: string): E.Either<readonly Fault[], States> =>
  pipe(
    t.array(t.string).decode(rows),
    E.filterOrElseW(
      (names) => tensor.shape.length === 2 && tensor.shape[0] === names.length,
      () => [],
    ),
    E.bimap(misread(`${path} at rows`, "a name for each row of the states"), (names) => ({
      names,
      shape: tensor.shape as unknown as readonly [number, number],
      data: toF64(tensor),
    })),
  );

const fromTensors = (path: string): Faulty<Attribution> =>
  pipe(
    openSafetensors(path),
    TE.chain((file) => async () => {
      const text = (name: string) => parseJson(file.metadata.get(name) ?? "null", `${path} at ${name}`);
      const result = await pipe(
        TE.Do,
        TE.bind("json", () => TE.fromEither(text("depass"))),
        TE.bind("rows", () => TE.fromEither(text("rows"))),
        TE.bind("found", ({ json }) => TE.fromEither(attributionIn(json, path))),
        TE.bind("states", () => (file.tensors.has("parts") ? file.read("parts") : TE.right(undefined))),
        TE.chainEitherK(({ found, rows, states: tensor }) =>
          tensor === undefined
            ? E.right(found)
            : pipe(
                statesOf(tensor, rows, path),
                E.map((states): Attribution => ({ ...found, states })),
              ),
        ),
      )();
      await file.close();
      return result;
    }),
  );

/** Reads an attribution that `--save` or save() wrote. Faults: another ending, no such file, another file. */
export const readResult = (path: string): Faulty<Attribution> => {
  const ending = savableEnding(path);
  if (ending === ".json") return fromJson(path);
  if (ending === ".safetensors") return fromTensors(path);
  return TE.left([fault("usage", path, "a name that ends in .json or .safetensors", extname(path) || "none")]);
};
