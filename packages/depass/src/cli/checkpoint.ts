// Which model do the options name? Opened for as long as a command uses it, and closed whatever happens. What is downloaded
// first says so on a line of its own.
import type { Faulty, Progress } from "@depass/graph";
import { loadModel, type Model } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { since } from "../clock.ts";
import { demoFolder } from "../demo.ts";
import { readFamilies } from "./families.ts";
import { type ProgressLine, progressLine } from "./progress.ts";

export type ModelOptions = {
  /** Without one, the demo that comes along. */
  readonly model?: string;
  /** A module with families of the caller's own. */
  readonly families?: string;
};

/** How far each file is; the time that is left is of the file, not of all. */
const downloading = (line: ProgressLine): ((progress: Progress) => void) => {
  let phase: ((progress: Progress) => void) | undefined;
  let file: string | undefined;
  return (progress) => {
    if (progress.what !== file) phase = line.phase("downloading");
    file = progress.what;
    phase?.(progress);
  };
};

const opened = ({ model = demoFolder, families }: ModelOptions): Faulty<Model> => {
  const line = progressLine(process.stderr);
  return pipe(
    readFamilies(families),
    TE.chain((own) => loadModel(model, { families: own, progress: downloading(line) })),
    TE.chainFirstIOK(() => line.clear),
    TE.orElseFirstIOK(() => line.clear),
  );
};

/** Uses the model of the options; `seconds` is how long it took to open, download and all. */
export const withModel = <A>(options: ModelOptions, use: (model: Model, seconds: number) => Faulty<A>): Faulty<A> => {
  const elapsed = since();
  return TE.bracket(
    opened(options),
    (model) => use(model, elapsed()),
    (model) => pipe(model.close, TE.fromTask),
  );
};
