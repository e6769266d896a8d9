// How is a rule written in an option? By its name, or several with commas between them, each with its layers:
// `softmax, taylor@0-9, max@12, relu@20-`.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";

export const ruleNames = ["softmax", "max", "relu", "linear", "taylor"] as const;
export type RuleName = (typeof ruleNames)[number];

/** Layers `from` to `to`, both of them too; as LayerRule has them. */
export type PlacedRule = { readonly name: RuleName; readonly from?: number; readonly to?: number };

const WANTED = `${ruleNames.join(", ")}; or several by layer, such as softmax,taylor@0-9 (taylor@3: one, taylor@10-: all from there)`;

const isName = (text: string | undefined): text is RuleName => ruleNames.some((name) => name === text);

const ruleIn = (text: string): E.Either<string, PlacedRule> => {
  const [, name, from, dash, to] = /^\s*([a-z]+)(?:@(\d{1,9})(?:(-)(\d{1,9})?)?)?\s*$/.exec(text) ?? [];
  if (!isName(name)) return E.left(WANTED);
  if (from === undefined) return E.right({ name });
  const last = dash === undefined ? from : to;
  if (last !== undefined && Number(last) < Number(from))
    return E.left(`the first of the layers before the last, not ${from}-${last}`);
  return E.right({ name, from: Number(from), ...(last === undefined ? {} : { to: Number(last) }) });
};

/** The rules of a text; on the left what was expected of it. */
export const rulesIn = (text: string): E.Either<string, readonly PlacedRule[]> =>
  pipe(text.split(","), E.traverseArray(ruleIn));
