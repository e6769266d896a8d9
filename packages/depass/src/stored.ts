// How is a saved file read as what it should be? As JSON that a codec takes; else the fault says where it is something else.
import { readFile } from "node:fs/promises";
import { type Fault, type Faulty, fault } from "@depass/graph";
import { parseJson } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";

/** What makes a result one that can be made again. */
export const remade = t.partial({ hashes: t.type({ weights: t.string, graph: t.string }), call: t.UnknownRecord });

/** Where every saved result comes from: the model, what ran it, and how it can be made again. */
export const origin = t.intersection([
  t.type({
    model: t.type({ path: t.string, family: t.string, layers: t.number }),
    backend: t.string,
    device: t.string,
    why: t.string,
  }),
  remade,
]);

type Origin = t.TypeOf<typeof origin>;

/** The backend as results have it: in a file its three words stand beside the others. */
export const withBackend = <A extends Origin>({ backend: name, device, why, ...rest }: A) => ({
  ...rest,
  backend: { name, device, why },
});

/** Faults: a file that cannot be read. */
export const textAt = (path: string): Faulty<string> =>
  TE.tryCatch(
    () => readFile(path, "utf8"),
    (error): readonly Fault[] => [fault("file", path, "a saved result", (error as Error).message)],
  );

/** Faults: a file that cannot be read, a text that is no JSON. */
export const jsonAt = (path: string): Faulty<unknown> =>
  pipe(
    textAt(path),
    TE.flatMapEither((text) => parseJson(text, path)),
  );

/** Names the place by its keys; unions of a codec have numbers for theirs. */
export const misread =
  (path: string, what: string) =>
  ([first]: t.Errors | readonly []): readonly Fault[] => {
    const keys = first?.context.map((c) => c.key).filter((key) => key !== "" && !/^\d+$/.test(key)) ?? [];
    return [fault("result", keys.length > 0 ? `${path} at ${keys.join(".")}` : path, what, "something else")];
  };
