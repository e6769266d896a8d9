// A result read back from a file: what save.ts wrote, checked for being that.
import { extname } from "node:path";
import { type Fault, type Faulty, fault, type Tensor, toF64 } from "@depass/graph";
import { openSafetensors, parseJson } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import type { Attribution } from "./result.ts";
import { savableEnding, savableEndings } from "./savable.ts";
import { jsonAt, misread, origin } from "./stored.ts";

export const savedToken = t.type({
  id: t.number,
  text: t.string,
  start: t.number,
  end: t.number,
  whole: t.boolean,
  special: t.boolean,
  origin: t.union([t.literal("text"), t.literal("tokenizer")]),
});
const target = t.intersection([
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

const stored = t.intersection([
  origin,
  t.type({
    rule: t.string,
    seed: t.string,
    mode: t.union([t.literal("forward"), t.literal("adjoint")]),
    prompt: t.string,
    tokens: t.array(savedToken),
    position: t.number,
    target,
    explained: t.number,
    parts: t.array(part),
    total: t.number,
    gap: t.number,
    times: t.intersection([t.type({ prepare: t.number, run: t.number }), t.partial({ load: t.number })]),
  }),
  t.partial({
    to: t.string,
    foils: t.array(target),
    layers: t.array(layer),
  }),
]);

const decoded = (json: unknown, path: string): E.Either<readonly Fault[], Attribution> =>
  pipe(
    stored.decode(json),
    E.mapLeft(misread(path, "a saved result")),
    E.map(({ backend, device, why, ...rest }) => ({ ...rest, backend: { name: backend, device, why } }) as Attribution),
  );

const fromJson = (path: string): Faulty<Attribution> =>
  pipe(
    jsonAt(path),
    TE.flatMapEither((json) => decoded(json, path)),
  );

type States = NonNullable<Attribution["states"]>;

const statesOf = (tensor: Tensor, rows: unknown): States => ({
  names: rows as readonly string[],
  shape: tensor.shape as unknown as readonly [number, number],
  data: toF64(tensor),
});

const fromTensors = (path: string): Faulty<Attribution> =>
  pipe(
    openSafetensors(path),
    TE.chain((file) => async () => {
      const text = (name: string) => parseJson(file.metadata.get(name) ?? "null", `${path} at ${name}`);
      const result = await pipe(
        TE.Do,
        TE.bind("json", () => TE.fromEither(text("depass"))),
        TE.bind("rows", () => TE.fromEither(text("rows"))),
        TE.bind("found", ({ json }) => TE.fromEither(decoded(json, path))),
        TE.bind("states", () => (file.tensors.has("parts") ? file.read("parts") : TE.right(undefined))),
        TE.map(({ found, rows, states }) =>
          states === undefined ? found : { ...found, states: statesOf(states, rows) },
        ),
      )();
      await file.close();
      return result;
    }),
  );

/** Reads a result that `--save` or save() wrote. Faults: another ending, no such file, another file. */
export const readResult = (path: string): Faulty<Attribution> => {
  const ending = savableEnding(path);
  if (ending === ".json") return fromJson(path);
  if (ending === ".safetensors") return fromTensors(path);
  return TE.left([fault("usage", path, `a name that ends in ${savableEndings.join(" or ")}`, extname(path) || "none")]);
};
