// Which stretch of a written text is to be explained? The answer's tokens to choose from, by mouse or by keys; what is chosen is
// drawn as one answer.
import { useMemo, useState } from "preact/hooks";
import { chosen, type Range, rangeOf } from "../src/page/chosen.ts";
import type { TextSheet } from "../src/page/sheet.ts";
import type { WrittenJson } from "../src/page/written.ts";
import { readable } from "../src/report/visible.ts";
import { type Choice, Chooser } from "./chooser.tsx";
import { type AnswerProps, AnswerView } from "./sheet.tsx";

const units = { token: "tokens", word: "words", sentence: "sentences" } as const;
type Unit = keyof typeof units;

type UnitsProps = { readonly unit: Unit; readonly group: string; readonly choose: (unit: Unit) => void };

const Units = ({ unit, group, choose }: UnitsProps) => (
  <fieldset class="units">
    <legend>explained by</legend>
    {(Object.keys(units) as Unit[]).map((name) => (
      <label key={name}>
        <input type="radio" name={group} checked={unit === name} onChange={() => choose(name)} /> {units[name]}
      </label>
    ))}
  </fieldset>
);

const wholeOf = ({ lines }: WrittenJson): Range => ({ from: 0, to: lines.length });

type TextProps = { readonly sheet: TextSheet } & Pick<AnswerProps, "pointing" | "place">;

export const TextView = ({ sheet, pointing, place }: TextProps) => {
  const { written, command } = sheet;
  const id = `chooser-${place ?? "now"}`;
  const [choice, setChoice] = useState<Choice>(() => {
    const range = rangeOf(written, written.cited);
    return { anchor: range.from, range };
  });
  const [unit, setUnit] = useState<Unit>("token");
  const { from, to } = choice.range;
  const answer = useMemo(
    () => ({
      result: chosen(written, { from, to }, unit),
      stretch: to - from,
      ...(command === undefined ? {} : { command }),
    }),
    [written, command, from, to, unit],
  );
  const chooseUnit = (next: Unit): void => {
    pointing.unlock(); // numbers of parts mean others now
    setUnit(next);
  };
  return (
    <AnswerView sheet={answer} pointing={pointing} place={place}>
      <section aria-labelledby={id}>
        <h2 id={id}>What the model wrote</h2>
        <p class="note">
          <span class="hint">
            Press a token, twice for its word, thrice for its sentence; drag, or hold Shift, for more.
          </span>{" "}
          Below is what explains them together.
          {written.lines.length < written.count &&
            ` The scores of the first ${written.lines.length} of ${written.count} tokens are in this file.`}
        </p>
        <Chooser written={written} choice={choice} choose={setChoice} />
        <div class="tools" data-unpictured="">
          <button type="button" onClick={() => setChoice({ anchor: 0, range: wholeOf(written) })}>
            All of it
          </button>
          <Units unit={unit} group={id} choose={chooseUnit} />
          <span role="status" class="unseen">
            {readable(answer.result.target.text.trim())}
          </span>
        </div>
      </section>
    </AnswerView>
  );
};
