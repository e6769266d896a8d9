// `depass verify`: does a saved result come out again? The call that is in the file is made once more and compared.
import { type Fault, type Faulty, fault } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { BackendName } from "../backends.ts";
import type { Attribution } from "../result.ts";
import { readResult } from "../saved.ts";
import { type AttributeOptions, attributed } from "./attribute.ts";
import { print } from "./terminal.ts";

export type VerifyOptions = {
  readonly model?: string;
  readonly families?: string;
  readonly backend: BackendName;
  readonly adapter?: string;
  readonly memory?: number;
  readonly tolerance: number;
};

type Check = { readonly what: string; readonly ok: boolean; readonly detail: string };

const same = (what: string, saved: string | undefined, now: string | undefined): Check => ({
  what,
  ok: saved === now,
  detail: saved === now ? `${saved?.slice(0, 16)}…` : `saved ${saved?.slice(0, 16)}…, now ${now?.slice(0, 16)}…`,
});

/** Norm of the difference over the norm of what was saved. */
const apart = (saved: readonly number[], now: readonly number[]): number =>
  saved.length === now.length
    ? Math.hypot(...saved.map((s, i) => s - (now[i] as number))) / Math.max(Math.hypot(...saved), Number.MIN_VALUE)
    : Number.POSITIVE_INFINITY;

const within = (what: string, error: number, tolerance: number): Check => ({
  what,
  ok: error <= tolerance,
  detail: `${error.toExponential(1)} of ${tolerance.toExponential(1)}`,
});

const checksOf = (saved: Attribution, now: Attribution, tolerance: number): readonly Check[] => {
  const ids = ({ tokens, target }: Attribution): string => [...tokens.map((t) => t.id), target.id].join(" ");
  const names = ({ parts }: Attribution): string => parts.map((p) => p.name).join("\n");
  const [before, after] = [saved.parts, now.parts].map((parts) => parts.map((p) => p.score)) as [number[], number[]];
  return [
    same("weights", saved.hashes?.weights, now.hashes?.weights),
    same("graph", saved.hashes?.graph, now.hashes?.graph),
    { what: "ids", ok: ids(saved) === ids(now), detail: `${saved.tokens.length} tokens and the target` },
    { what: "parts", ok: names(saved) === names(now), detail: `${saved.parts.length} names` },
    within("logit", apart([saved.target.logit], [now.target.logit]), tolerance),
    within("scores", apart(before, after), tolerance),
  ];
};

const noCall = (path: string): readonly Fault[] => [
  fault(
    "result",
    path,
    "the call that made it, as --save writes it",
    "none",
    "a result saved from a script is made again by that script",
  ),
];

const differs = (path: string, checks: readonly Check[]): readonly Fault[] =>
  checks.flatMap(({ what, ok, detail }) => (ok ? [] : [fault("verify", `${path}: ${what}`, "what was saved", detail)]));

/** Faults: no result, one without its call, whatever the call meets today, and each thing that came out otherwise. */
export const verify = (path: string, options: VerifyOptions): Faulty<void> =>
  pipe(
    readResult(path),
    TE.filterOrElse(
      ({ call, hashes }) => call !== undefined && hashes !== undefined,
      () => noCall(path),
    ),
    TE.bindTo("saved"),
    TE.bind("now", ({ saved }) => {
      const { tolerance: _, ...own } = options;
      const target = `#${saved.target.id}`;
      return attributed({ ...(saved.call as unknown as AttributeOptions), prompt: saved.prompt, target, ...own }, true);
    }),
    TE.map(({ saved, now }) => checksOf(saved, now.attribution, options.tolerance)),
    TE.chain((checks) => {
      print(
        checks.map(({ what, ok, detail }) => `${ok ? "ok    " : "DIFFERS"} ${what.padEnd(8)} ${detail}`).join("\n"),
      );
      return checks.every(({ ok }) => ok) ? TE.right(undefined) : TE.left(differs(path, checks));
    }),
  );
