// What is asked of the next token? Its logit, or how much it is above others'.
import type { Question } from "../question.ts";
import { parseTarget } from "../target.ts";

export type QuestionOptions = { readonly target?: string; readonly foil?: readonly string[] };

export const questionOf = ({ target, foil }: QuestionOptions): Question => ({
  ...(target === undefined ? {} : { target: parseTarget(target) }),
  ...(foil === undefined ? {} : { foil: foil.map(parseTarget) }),
});
