// Ours, the peer, ours, the peer: what do all turns of a comparison come to? A machine that is busy for a while is then unfair
// to both alike. Every turn is a process of its own, so that set-up and peak memory are its own as well.
import { join } from "node:path";
import { orThrow } from "@depass/graph";
import { type Agreement, agreementIn } from "./agreement.ts";
import type { Ours } from "./answers.ts";
import type { Ask } from "./ask.ts";
import type { Peer } from "./find.ts";
import { type Answer, answers } from "./graphs.ts";
import { type Cold, type Run, runCold, runOurs, runPeer, type Turn, turnOfOurs } from "./sides.ts";
import { ratiosOf, type Spread, spreadOf } from "./spread.ts";

export type Comparison = {
  readonly ask: Ask;
  readonly peer: Peer;
  /** Where both sides leave their parts. */
  readonly folder: string;
  /** Told of every process that came to its end. */
  readonly say: (line: string) => void;
};

export type Spreads<A> = { readonly [K in keyof A]: Spread };
type OurTurn = Turn & { readonly ready: number };

/** One length, one of our graphs. */
export type Row = {
  readonly tokens: number;
  readonly answer: Answer;
  readonly ours: Spreads<OurTurn>;
  readonly peer?: Spreads<Turn>;
  /** The peer's over ours, turn by turn. */
  readonly time?: Spread;
  readonly memory?: Spread;
  readonly agreement?: Agreement;
};

const spreadsOf = <K extends string>(turns: readonly Readonly<Record<K, number>>[]): Readonly<Record<K, Spread>> =>
  Object.fromEntries(
    Object.keys(turns[0] ?? {}).map((key) => [key, spreadOf(turns.map((turn) => turn[key as K]))]),
  ) as Record<K, Spread>;

type Turns = { readonly ours: Readonly<Record<Answer, OurTurn[]>>; readonly peers: Turn[] };

/** Random weights are not the same on both sides. */
const isComparable = ({ ask, peer }: Comparison): boolean => ask.subject.kind === "checkpoint" && peer.kind === "there";

const runOf = (comparison: Comparison, tokens: number, turn: number, who: string): Run => {
  const { subject, runs, limit } = comparison.ask;
  const run = { subject, tokens: [tokens], runs, limit };
  // Once is enough: what they compute is the same in every turn.
  return turn === 0 && isComparable(comparison) ? { ...run, save: savedBy(comparison.folder, who) } : run;
};

const savedBy = (folder: string, who: string): string => join(folder, `${who}.safetensors`);

const allTurns = async (comparison: Comparison, tokens: number): Promise<Turns> => {
  const { ask, peer, say } = comparison;
  const found: Turns = { ours: { one: [], all: [] }, peers: [] };
  const told = (turn: number, who: string, seconds: number): void =>
    say(`T = ${tokens}, turn ${turn + 1} of ${ask.turns}, ${who}: ${seconds.toFixed(3)} s`);
  for (let turn = 0; turn < ask.turns; turn++)
    for (const side of ["one", "peer", "all"] as const) {
      const run = runOf(comparison, tokens, turn, side);
      if (side !== "peer") {
        const ours = await runOurs(run, side)().then(orThrow);
        found.ours[side].push({ ...turnOfOurs(ours), ready: ours[0].ready });
      } else if (peer.kind === "there") found.peers.push(await runPeer(peer, run)().then(orThrow));
      const last = (side === "peer" ? found.peers : found.ours[side]).at(-1);
      if (last !== undefined) told(turn, side === "peer" ? "the peer" : `ours (${side})`, last.seconds);
    }
  return found;
};

const agreement = async (comparison: Comparison, answer: Answer): Promise<Agreement | undefined> => {
  const { folder } = comparison;
  return isComparable(comparison)
    ? agreementIn(savedBy(folder, answer), savedBy(folder, "peer"))().then(orThrow)
    : undefined;
};

/** All turns at one length: a row for each of our graphs. */
export const compareLength = async (comparison: Comparison, tokens: number): Promise<readonly Row[]> => {
  const { ours, peers } = await allTurns(comparison, tokens);
  const rows: Row[] = [];
  for (const answer of answers) {
    const own = ours[answer];
    const row = { tokens, answer, ours: spreadsOf(own) };
    if (peers.length === 0) {
      rows.push(row);
      continue;
    }
    const agree = await agreement(comparison, answer);
    const ratios = (of: (turn: Turn) => number): Spread => ratiosOf(peers.map(of), own.map(of));
    rows.push({
      ...{ ...row, peer: spreadsOf(peers), time: ratios((t) => t.seconds), memory: ratios((t) => t.peak) },
      ...(agree !== undefined && { agreement: agree }),
    });
  }
  return rows;
};

/** All lengths in one process of ours, one after the other. */
export const oneProcess = async ({ ask, say }: Comparison): Promise<Ours> => {
  const { subject, tokens, runs, limit } = ask;
  const [said, wall] = await runOurs({ subject, tokens, runs, limit }, "one")().then(orThrow);
  say(`all lengths in one process: ${wall.toFixed(3)} s`);
  return said;
};

/** The command from a shell, as often as there are turns; a checkpoint has a tokenizer, a shape has none. */
export const coldStarts = async ({ ask, say }: Comparison): Promise<Spreads<Cold> | undefined> => {
  if (ask.subject.kind === "shape") return undefined;
  const found: Cold[] = [];
  for (let turn = 0; turn < ask.turns; turn++) {
    const cold = await runCold(ask.subject.folder, ask.limit)().then(orThrow);
    found.push(cold);
    say(`cold start, turn ${turn + 1} of ${ask.turns}: ${cold.wall.toFixed(3)} s`);
  }
  return spreadsOf(found);
};
