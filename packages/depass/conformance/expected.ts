// The files a folder of expected values holds, decoded: tensors by name, and for decompositions the call that made each.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Fault, type Faulty, fault, type Tensor } from "@depass/graph";
import { openSafetensors, parseJson } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";

export type Expected = Readonly<Record<string, Tensor>>;

/** Every tensor of a safetensors file. */
export const readExpected = (folder: string, file: string): Faulty<Expected> =>
  pipe(
    openSafetensors(join(folder, file)),
    TE.chain((opened) => async () => {
      const read = await TE.traverseSeqArray((name: string) =>
        pipe(
          opened.read(name),
          TE.map((x) => [name, x] as const),
        ),
      )([...opened.tensors.keys()])();
      await opened.close();
      return E.map((entries: readonly (readonly [string, Tensor])[]) => Object.fromEntries(entries))(read);
    }),
  );

/** One entry of depass.json: how the published code was called. Unknown keys are left alone. */
const call = t.intersection([
  t.type({ axes: t.string }),
  t.partial({
    seed: t.string,
    layer: t.number,
    /** S[i], the state that is split. */
    state: t.string,
    neurons: t.array(t.number),
    until: t.number,
    rule: t.string,
    temperature: t.number,
    ignoreSpecialToken: t.boolean,
    normed: t.boolean,
    of: t.string,
    token: t.number,
    target: t.number,
  }),
]);
export type Call = t.TypeOf<typeof call>;

const prompt = t.type({ text: t.string, ids: t.array(t.number), target: t.number, foil: t.number });
export type Prompt = t.TypeOf<typeof prompt>;

const decodeFile =
  <A>(codec: t.Type<A>, what: string) =>
  (path: string): Faulty<A> =>
    pipe(
      TE.tryCatch(
        () => readFile(path, "utf8"),
        (error): readonly Fault[] => [fault("file", path, what, String(error))],
      ),
      TE.chainEitherK((text) => parseJson(text, path)),
      TE.chainEitherK((json) =>
        pipe(
          codec.decode(json),
          E.mapLeft((): readonly Fault[] => [fault("conformance", path, what, "something else")]),
        ),
      ),
    );

export const readCalls = decodeFile(t.record(t.string, call), "an object of calls by tensor");
export const readPrompts = decodeFile(t.record(t.string, prompt), "prompts with text, ids, target and foil");
export const readTexts = decodeFile(
  t.record(t.string, t.type({ text: t.string, ids: t.array(t.number) })),
  "texts and ids",
);
