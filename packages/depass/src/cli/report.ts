// `depass report`: saved results on one page. Each file is read before anything is said of any.
import { type Fault, type Faulty, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { explanationIn } from "../generation.ts";
import type { Reported } from "../page/sheet.ts";
import { checkWritable } from "../place.ts";
import { readSaved, type SavedIn } from "../saved-kinds.ts";
import { allInTurn } from "./all.ts";
import { shellWord } from "./call-line.ts";
import { writePage } from "./page.ts";

export type ReportOptions = { readonly out: string };

/** A result as the page has it. Faults: a generated text that was not explained. */
const reported = ({ where, result }: SavedIn): E.Either<readonly Fault[], Reported> => {
  if (!("generated" in result)) return E.right(result);
  const explanation = explanationIn(result);
  if (explanation === undefined)
    return E.left([fault("result", where, "a text that was explained", "one that was not")]);
  const { model, backend, citation } = result;
  const cited = citation === undefined ? {} : { cited: citation.text };
  return E.right({ generation: { ...result, encoding: explanation.encoding }, explanation, model, backend, ...cited });
};

/** Faults of all files together; one is read after the other. */
const read = (files: readonly string[]): Faulty<readonly Reported[]> =>
  pipe(
    allInTurn(files.map((file) => pipe(readSaved(file), TE.chainEitherK(E.traverseArray(reported))))),
    TE.map((all) => all.flat()),
  );

/** Faults: a place where no file can be, and those of readSaved() for each file. */
export const report = (files: readonly string[], { out }: ReportOptions): Faulty<void> =>
  pipe(
    checkWritable(out),
    TE.chain(() => read(files)),
    TE.chain((results) => {
      const command = ["depass", "report", ...files, "--out", out].map(shellWord).join(" ");
      return writePage(
        { report: out },
        results.map((result) => ({ result, command })),
      );
    }),
  );
