// `--drill PART[=words|tokens]`: one part of a prompt cut finer, then perhaps a part of what that gave.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { EncodedPrompt } from "../prompt.ts";
import { drillDown, type Span } from "../spans.ts";

type Spans = E.Either<readonly Fault[], readonly Span[]>;

type Drill = { readonly part: string; readonly cut?: "words" | "tokens" };

/** The cut is what stands behind the last `=`, where that is one. */
const drillIn = (text: string): Drill => {
  const [, part, cut] = /^(.+)=(words|tokens)$/s.exec(text) ?? [];
  return part === undefined ? { part: text } : { part, cut: cut as "words" | "tokens" };
};

const MOST = 12; // parts that a fault tells

const told = (spans: readonly Span[]): string => {
  const some = spans.slice(0, MOST).map(({ name }, i) => `${i} ${JSON.stringify(name.slice(0, 40))}`);
  return `the parts are ${some.join(", ")}${spans.length > MOST ? `, … (${spans.length} in all)` : ""}`;
};

const wrong = (part: string, expected: string, got: string, next?: string): readonly Fault[] => [
  fault("seed", `--drill ${part}`, expected, got, next),
];

/** A number as a report tells it, or an exact name. Faults: no such part, a name of several. */
const numberOf = (spans: readonly Span[], part: string): E.Either<readonly Fault[], number> => {
  if (/^\d{1,9}$/.test(part))
    return Number(part) < spans.length
      ? E.right(Number(part))
      : E.left(wrong(part, `the number of a part, 0 to ${spans.length - 1}`, part, told(spans)));
  const named = spans.flatMap(({ name }, i) => (name === part ? [i] : []));
  const [only, ...others] = named;
  if (only === undefined) return E.left(wrong(part, "the exact name of a part, or its number", "another", told(spans)));
  return others.length === 0
    ? E.right(only)
    : E.left(wrong(part, "the name of one part", `that of parts ${named.join(", ")}`, "give a number"));
};

/** Words where there are several, else tokens, unless one of them is asked for. Faults: nothing finer, and those of numberOf(). */
const drilled =
  (encoding: EncodedPrompt, { part, cut }: Drill) =>
  (spans: readonly Span[]): Spans => {
    const finer = (span: number, how: "words" | "tokens"): Spans =>
      pipe(
        drillDown(encoding, spans, span, how),
        E.filterOrElse(
          ({ length }) => length > spans.length,
          () => wrong(part, `a part of several ${how}`, `${JSON.stringify(spans[span]?.name)}, which is one`),
        ),
      );
    return pipe(
      numberOf(spans, part),
      E.chain((span) =>
        cut === undefined
          ? pipe(
              finer(span, "words"),
              E.orElse(() => finer(span, "tokens")),
            )
          : finer(span, cut),
      ),
    );
  };

/** Spans with some cut finer, one after the other: each `drill` speaks of the parts that the one before left. */
export const drilledSpans =
  (base: (encoding: EncodedPrompt) => Spans, drills: readonly string[]) =>
  (encoding: EncodedPrompt): Spans =>
    drills.map(drillIn).reduce((spans, drill) => E.chain(drilled(encoding, drill))(spans), base(encoding));
