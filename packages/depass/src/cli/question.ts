// What is asked of the next token? Its logit, or how much it is above others'. As options, and back again.
import type { Question } from "../question.ts";
import { parseTarget, type TargetChoice } from "../target.ts";

export type QuestionOptions = { readonly target?: string; readonly foil?: readonly string[] };

export const questionOf = ({ target, foil }: QuestionOptions): Question => ({
  ...(target === undefined ? {} : { target: parseTarget(target) }),
  ...(foil === undefined ? {} : { foil: foil.map(parseTarget) }),
});

const spelled = (choice: TargetChoice): string => (typeof choice === "number" ? `#${choice}` : choice);

/** The options that ask a question that was read from options. */
export const spelledQuestion = ({ target, foil }: Question): QuestionOptions => {
  const foils = foil === undefined ? [] : [foil].flat();
  return {
    ...(target === undefined ? {} : { target: spelled(target) }),
    ...(foils.length === 0 ? {} : { foil: foils.map(spelled) }),
  };
};
