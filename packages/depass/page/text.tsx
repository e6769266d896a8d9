// Which stretch of a written text is to be explained? The answer's tokens to choose from, by mouse or by keys; what is chosen is
// drawn as one answer.
import { Fragment } from "preact";
import { useMemo, useState } from "preact/hooks";
import { chosen, type Range, rangeOf, spanAt } from "../src/page/chosen.ts";
import type { TextSheet } from "../src/page/sheet.ts";
import type { WrittenJson } from "../src/page/written.ts";
import { isRightToLeft, readable } from "../src/report/visible.ts";
import { move } from "./pointing.ts";
import { type AnswerProps, AnswerView } from "./sheet.tsx";

const units = { token: "tokens", word: "words", sentence: "sentences" } as const;
type Unit = keyof typeof units;

type Choice = { readonly anchor: number; readonly range: Range };

const between = (a: number, b: number): Range => ({ from: Math.min(a, b), to: Math.max(a, b) + 1 });

type ChooserProps = {
  readonly written: WrittenJson;
  readonly choice: Choice;
  readonly choose: (choice: Choice) => void;
};

/** Presses in one place: one is a token, two its word, three its sentence, as where text is edited. */
const stretches: Readonly<Record<number, keyof WrittenJson["spans"]>> = { 2: "word", 3: "sentence" };

const Chooser = ({ written, choice: { anchor, range }, choose }: ChooserProps) => {
  const { lines, tokens, text } = written;
  const to = (i: number, isMore: boolean): void =>
    choose(isMore ? { anchor, range: between(anchor, i) } : { anchor: i, range: between(i, i) });
  /** Presses are counted by `click` alone; the first has chosen its token when the finger came down. */
  const byClick = ({ detail, shiftKey }: MouseEvent, i: number): void => {
    const unit = stretches[detail];
    if (unit !== undefined && !shiftKey) choose({ anchor: i, range: spanAt(written, unit, i) });
  };
  const byPointer = (event: PointerEvent, i: number): void => {
    (event.target as Element).releasePointerCapture(event.pointerId); // a finger that moves on is over others then
    to(i, event.shiftKey);
  };
  /** Where the focus went by a key, the choice goes along while Shift is held. */
  const byKey = (event: KeyboardEvent, i: number): void => {
    const at = event.currentTarget as HTMLElement;
    if (event.key === "Enter" || event.key === " ") to(i, event.shiftKey);
    else if (!move(at, event.key)) return;
    else if (event.shiftKey) to(Number((document.activeElement as HTMLElement).dataset.choice), true);
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="strip chooser" dir={isRightToLeft(text) ? "rtl" : "ltr"}>
      <span role="listbox" aria-label="Answer" aria-multiselectable="true" aria-orientation="horizontal" data-roving="">
        {lines.map(({ position }, i) => (
          <Fragment key={position}>
            <span
              role="option"
              aria-selected={i >= range.from && i < range.to}
              tabIndex={i === 0 ? 0 : -1}
              class="piece"
              data-choice={i}
              onKeyDown={(event) => byKey(event, i)}
              onPointerDown={(event) => byPointer(event, i)}
              onClick={(event) => byClick(event, i)}
              onPointerEnter={({ buttons }) => buttons === 1 && to(i, true)}
            >
              {readable(tokens[position]?.text ?? "")}
            </span>
            {tokens[position]?.text.endsWith("\n") && <br />}
          </Fragment>
        ))}
      </span>
    </div>
  );
};

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
