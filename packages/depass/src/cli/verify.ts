// `depass verify`: does a saved result come out again? The call that is in the file is made once more and compared; those of the lines
// of a file that were asked alike are asked in one go.
import type { Fault, Faulty } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as RA from "fp-ts/lib/ReadonlyArray.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Entry } from "../attribute-all.ts";
import type { Comparison } from "../compare.ts";
import type { Maps } from "../maps.ts";
import type { Attribution } from "../result.ts";
import { type Kinds, kindOf, readSaved, type SavedIn } from "../saved-kinds.ts";
import { all } from "./all.ts";
import { type Asking, type AskOptions, ask, type Result } from "./ask.ts";
import { attributing } from "./attribute.ts";
import { apart, type Check, judged, noCall, sameHashes, type VerifyOptions, within } from "./checks.ts";
import { comparing } from "./compare.ts";
import { mapsAsked } from "./map.ts";
import { savedPrompt } from "./prompt.ts";
import { callIn } from "./saved-call.ts";
import { verifyGeneration } from "./verify-generation.ts";

export type { VerifyOptions } from "./checks.ts";

type Asked = Pick<Attribution, "prompt" | "target" | "foils" | "tokens">;

const sameIds = (saved: Asked, now: Asked): Check => {
  const ids = ({ tokens, target }: Asked): string => [...tokens.map((t) => t.id), target.id].join(" ");
  return { what: "ids", ok: ids(saved) === ids(now), detail: `${saved.tokens.length} tokens and the target` };
};

const sameParts = (saved: Attribution, now: Attribution): Check => {
  const names = ({ parts }: Attribution): string => parts.map((p) => p.name).join("\n");
  return { what: "parts", ok: names(saved) === names(now), detail: `${saved.parts.length} names` };
};

const scoresOf = ({ parts }: Attribution): readonly number[] => parts.map((p) => p.score);

const attributionChecks = (saved: Attribution, now: Attribution, tolerance: number): readonly Check[] => [
  ...sameHashes(saved, now),
  sameIds(saved, now),
  sameParts(saved, now),
  within("logit", apart([saved.target.logit], [now.target.logit]), tolerance),
  within("scores", apart(scoresOf(saved), scoresOf(now)), tolerance),
];

const mapScores = ({ heads, attention, mlp, all }: Maps): readonly number[] =>
  [...heads, attention, mlp, ...(all?.tokens ?? []), ...(all?.neurons ?? [])].flat();

const mapChecks = (saved: Maps, now: Maps, tolerance: number): readonly Check[] => [
  ...sameHashes(saved, now),
  sameIds(saved, now),
  within("logit", apart([saved.target.logit], [now.target.logit]), tolerance),
  within("scores", apart(mapScores(saved), mapScores(now)), tolerance),
];

const first = ({ attributions }: Comparison): Attribution => attributions[0] as Attribution;

const comparisonChecks = (saved: Comparison, now: Comparison, tolerance: number): readonly Check[] => [
  ...sameHashes(saved, now),
  sameIds(first(saved), first(now)),
  sameParts(first(saved), first(now)),
  within("logit", apart([first(saved).target.logit], [first(now).target.logit]), tolerance),
  ...saved.attributions.map((a, i) =>
    within(a.rule, apart(scoresOf(a), scoresOf(now.attributions[i] ?? { ...a, parts: [] })), tolerance),
  ),
];

/** Results of one kind whose calls say the same. */
type Group = { readonly kind: keyof Kinds; readonly call: unknown; readonly members: readonly SavedIn[] };

const groupOf = (members: readonly SavedIn[]): Group => {
  const { result } = members[0] as SavedIn;
  const { foil: _, splitSpecialTokens: _s, ...call } = result.call ?? {};
  return { kind: kindOf(result) as keyof Kinds, call, members };
};

/** Those behind one another that are asked alike, in one. */
const groupsOf: (found: readonly SavedIn[]) => readonly Group[] = RA.chop((rest) => {
  const alike = (one: SavedIn): string => {
    const { kind, call } = groupOf([one]);
    return JSON.stringify([kind, call]);
  };
  const like = alike(rest[0]);
  const { init, rest: others } = RA.spanLeft((one: SavedIn) => alike(one) === like)(rest);
  return [groupOf(init), others];
});

const entryOf = ({ where, result }: SavedIn): E.Either<readonly Fault[], Entry> => {
  const { prompt: text, target, foils = [] } = ("attributions" in result ? first(result) : result) as Asked;
  return pipe(
    savedPrompt(text, result.call?.splitSpecialTokens),
    E.map((prompt) => ({ where, prompt, question: { target: target.id, foil: foils.map((f) => f.id) } })),
  );
};

type Verifier = (group: Group, options: VerifyOptions) => Faulty<readonly Fault[]>;

/** The options that a call leaves out where they are what they always are. */
const usual = { from: 0, temperature: 0.1, special: "ignore", rule: "softmax" } as const;

/** Each of a group asked again, and what is said of it. The faults are what came out otherwise. */
const asking =
  <O extends AskOptions, R extends Result>(
    command: Asking<O, R>,
    checks: (saved: R, now: R, tolerance: number) => readonly Check[],
  ): Verifier =>
  ({ call, members }, { tolerance, ...own }) =>
    pipe(
      TE.fromEither(callIn(call, (members[0] as SavedIn).where, own)),
      TE.bindTo("asked"),
      TE.bind("entries", () => TE.fromEither(all(members.map(entryOf)))),
      TE.chain(({ asked, entries }) =>
        ask(
          command,
          { ...usual, ...asked, ...own } as unknown as O,
          { entries, kept: true },
          ({ result, index }, { line }) => {
            const { where, result: saved } = members[index] as SavedIn;
            line.clear();
            return TE.right(judged(where, checks(saved as R, result, tolerance), members.length > 1));
          },
        ),
      ),
      TE.map((faults) => faults.flat()),
    );

const verifiers: Readonly<Record<keyof Kinds, Verifier>> = {
  parts: asking(attributing, attributionChecks),
  heads: asking(mapsAsked, mapChecks),
  attributions: asking(comparing, comparisonChecks),
  generated: ({ members }, options) =>
    pipe(
      members,
      TE.traverseSeqArray(({ where, result }) => verifyGeneration(where, result as Kinds["generated"], options)),
      TE.map((faults) => faults.flat()),
    ),
};

/** Whether each says what made it. */
const known = (found: readonly SavedIn[]): E.Either<readonly Fault[], readonly SavedIn[]> => {
  const faults = found.flatMap(({ where, result: { call, hashes } }) =>
    call === undefined || hashes === undefined ? noCall(where) : [],
  );
  return faults.length > 0 ? E.left(faults) : E.right(found);
};

/** Faults: no result, one without its call, whatever the call meets today, and each thing that came out otherwise. */
export const verify = (path: string, options: VerifyOptions): Faulty<void> =>
  pipe(
    readSaved(path),
    TE.chainEitherK(known),
    TE.map(groupsOf),
    TE.chain(TE.traverseSeqArray((group) => verifiers[group.kind](group, options))),
    TE.map((faults) => faults.flat()),
    TE.chain((faults) => (faults.length > 0 ? TE.left(faults) : TE.right(undefined))),
  );
