// Which decisions at the published edge explain expected values? A run in f64 is looked at; where it fails, gate inputs that
// rounding could take to either side are turned, one after the other, as long as each brings it nearer to what is expected.
import type { Faulty } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Outcome, passes } from "./compare.ts";
import { type ByGate, type Turn, turnsNear } from "./edges.ts";

/** What a run gave: how it compares, the gate inputs, and the edges that they were held against. */
export type Sight = { readonly outcomes: readonly Outcome[]; readonly gates: ByGate; readonly edges: ByGate };

/** A run with some gate inputs turned. */
export type Look = (turns: readonly Turn[]) => Faulty<Sight>;

export type Settled = {
  readonly sight: Sight;
  readonly turns: readonly Turn[];
  /** How many could have been turned, in all that was looked at. */
  readonly open: number;
};

/** Runs in f64 take minutes: the nearest few, and no more than a few of them together. */
const MOST_TRIED = 8;
const MOST_TURNED = 3;

const errorOf = (outcomes: readonly Outcome[]): number =>
  Math.max(...outcomes.map((o) => (o.kind === "compared" ? o.error / o.tolerance : Number.POSITIVE_INFINITY)));

const holds = ({ sight }: Settled): boolean => sight.outcomes.every(passes);

const isSame = (a: Turn, b: Turn): boolean => a.place === b.place && a.index === b.index;

const better = (a: Settled, b: Settled): Settled => (errorOf(b.sight.outcomes) < errorOf(a.sight.outcomes) ? b : a);

/** The best with one more turned, or what it began with; the first that holds is enough. */
const oneMore = (look: Look, from: Settled): Faulty<Settled> => {
  const near = turnsNear(from.sight.gates).filter((turn) => !from.turns.some((t) => isSame(t, turn)));
  const open = from.turns.length + near.length;
  return near.slice(0, MOST_TRIED).reduce(
    (found, turn) =>
      pipe(
        found,
        TE.chain((best) => {
          if (holds(best)) return TE.right(best);
          const turns = [...from.turns, turn];
          return pipe(
            look(turns),
            TE.map((sight) => better(best, { sight, turns, open })),
          );
        }),
      ),
    TE.right({ ...from, open }) as Faulty<Settled>,
  );
};

const settleFrom = (look: Look, from: Settled): Faulty<Settled> =>
  holds(from) || from.turns.length === MOST_TURNED
    ? TE.right(from)
    : pipe(
        oneMore(look, from),
        TE.chain((next) => (next.turns.length === from.turns.length ? TE.right(next) : settleFrom(look, next))),
      );

/** The first decisions found under which all holds, else those that come nearest. */
export const settle = (look: Look): Faulty<Settled> =>
  pipe(
    look([]),
    TE.chain((sight) => settleFrom(look, { sight, turns: [], open: turnsNear(sight.gates).length })),
  );
