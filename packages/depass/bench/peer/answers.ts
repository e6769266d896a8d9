// What do the processes of a comparison print? Each one JSON line, after whatever else; decoded here, once.
import { type Fault, fault } from "@depass/graph";
import { decode, parseJson } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";

/** Seconds and bytes. `ready`: from the checkpoint on disk to a prepared graph. */
export const ours = t.type({
  device: t.string,
  model: t.string,
  startUp: t.number,
  ready: t.number,
  lengths: t.array(t.type({ tokens: t.number, first: t.number, seconds: t.array(t.number) })),
  peak: t.number,
});
export type Ours = t.TypeOf<typeof ours>;

/** `seconds` is the median of the runs after the first. */
export const peers = t.type({ seconds: t.number, first: t.number, peak_bytes: t.number, tokens: t.number });

/** Which Python it is, by its own word, and what it has. */
export const python = t.type({ executable: t.string, version: t.string, torch: t.string, threads: t.number });
export type Python = t.TypeOf<typeof python>;

/** Of what `depass attribute --json` prints, what matters here. */
export const attribution = t.type({
  target: t.type({ text: t.string }),
  times: t.type({ prepare: t.number, run: t.number }),
});

export const peakLine = t.type({ peak: t.number });

type Result<A> = E.Either<readonly Fault[], A>;

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line.trim() !== "");

/** The last line of an output. Faults: there is none, it is no JSON, it lacks something. */
export const lastLine = <A>(codec: t.Type<A, unknown, unknown>, text: string, where: string): Result<A> => {
  const line = linesOf(text).at(-1);
  return line === undefined
    ? E.left([fault("bench", where, "a JSON line on stdout", "nothing")])
    : pipe(
        parseJson(line, where),
        E.chain((json) => decode(codec)(json, where)),
      );
};

/** All but the last line, as one JSON text. */
export const allButLast = <A>(codec: t.Type<A, unknown, unknown>, text: string, where: string): Result<A> =>
  pipe(
    parseJson(linesOf(text).slice(0, -1).join("\n"), where),
    E.chain((json) => decode(codec)(json, where)),
  );
