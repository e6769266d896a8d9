// `depass report`: saved results on one page. Each file is read before anything is said of any.
import type { Fault, Faulty } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as RA from "fp-ts/lib/ReadonlyArray.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { report as page } from "../page/report.ts";
import { checkWritable, writeWhole } from "../place.ts";
import type { Attribution } from "../result.ts";
import { readResult } from "../saved.ts";
import { shellWord } from "./call-line.ts";

export type ReportOptions = { readonly out: string };

/** Faults of all files together; one is read after the other. */
const read =
  (files: readonly string[]): Faulty<readonly Attribution[]> =>
  async () => {
    const found: E.Either<readonly Fault[], Attribution>[] = [];
    for (const file of files) found.push(await readResult(file)());
    const { left, right } = pipe(
      found,
      RA.partitionMap((one) => one),
    );
    return left.length > 0 ? E.left(left.flat()) : E.right(right);
  };

/** Faults: a place where no file can be, and those of readResult() for each file. */
export const report = (files: readonly string[], { out }: ReportOptions): Faulty<void> =>
  pipe(
    checkWritable(out),
    TE.chain(() => read(files)),
    TE.chain((results) => {
      const command = ["depass", "report", ...files, "--out", out].map(shellWord).join(" ");
      return writeWhole(out, page(results.map((result) => ({ result, command }))));
    }),
  );
