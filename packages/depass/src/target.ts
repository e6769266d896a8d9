// Which token is to be explained: an id, a text that is one token, or whatever the model itself would say next.
import { type Fault, fault } from "@depass/graph";
import type { Tokenizer } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";

/** A token id, or its exact text (` Paris` with its space). */
export type TargetChoice = number | string;

/** `#7042` on the command line is an id, anything else a text. */
export const parseTarget = (text: string): TargetChoice => (/^#\d+$/.test(text) ? Number(text.slice(1)) : text);

/** The id with its text. Faults: no such id, no such token, a text of several tokens (with the ids it would be). */
export const targetId = (
  choice: TargetChoice,
  tokenizer: Tokenizer,
  vocabulary: number,
): E.Either<readonly Fault[], { readonly id: number; readonly text: string }> =>
  pipe(
    typeof choice === "number" ? E.right(choice) : idOfText(choice, tokenizer),
    E.filterOrElse(
      (id) => Number.isInteger(id) && id >= 0 && id < vocabulary,
      (id): readonly Fault[] => [fault("target", "target", `a token id from 0 to ${vocabulary - 1}`, `${id}`)],
    ),
    E.chain((id) =>
      pipe(
        tokenizer.tokenText(id),
        E.map((text) => ({ id, text })),
      ),
    ),
  );

/** What somebody meant who left out the space in front of a word. */
const idOfText = (text: string, tokenizer: Tokenizer): E.Either<readonly Fault[], number> =>
  pipe(
    tokenizer.idOf(text),
    E.mapLeft((faults) => {
      const spaced = ` ${text}`;
      const meant = tokenizer.idOf(spaced);
      return E.isRight(meant)
        ? faults.map((f) => ({
            ...f,
            next: `with its space it is one token: ${JSON.stringify(spaced)} (#${meant.right})`,
          }))
        : faults;
    }),
  );

/** The likeliest token; the first one of equals. */
export const likeliest = (logits: ArrayLike<number>): number => {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] as number) > (logits[best] as number)) best = i;
  return best;
};

/** Softmax of one logit among all. */
export const probabilityOf = (id: number, logits: ArrayLike<number>): number => {
  const top = logits[likeliest(logits)] as number;
  let total = 0;
  for (let i = 0; i < logits.length; i++) total += Math.exp((logits[i] as number) - top);
  return Math.exp((logits[id] as number) - top) / total;
};
