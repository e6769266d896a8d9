// `depass verify`: does a saved result come out again? The call that is in the file is made once more and compared.
import type { Faulty } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { holdsGeneration } from "../generation.ts";
import type { Attribution } from "../result.ts";
import { readResult } from "../saved.ts";
import { type AttributeOptions, attributed } from "./attribute.ts";
import { apart, type Check, judged, noCall, same, type VerifyOptions, within } from "./checks.ts";
import { verifyGeneration } from "./verify-generation.ts";

export type { VerifyOptions } from "./checks.ts";

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

const verifyAttribution = (path: string, options: VerifyOptions): Faulty<void> =>
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
    TE.chain(({ saved, now }) => judged(path, checksOf(saved, now, options.tolerance))),
  );

/** Faults: no result, one without its call, whatever the call meets today, and each thing that came out otherwise. */
export const verify = (path: string, options: VerifyOptions): Faulty<void> =>
  pipe(
    holdsGeneration(path),
    TE.chain((isGeneration) => (isGeneration ? verifyGeneration : verifyAttribution)(path, options)),
  );
