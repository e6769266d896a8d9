// How is a stretch of the answer chosen? By mouse, finger or keys, token by token, or by a token's word or sentence.
import { Fragment } from "preact";
import { type Range, spanAt } from "../src/page/chosen.ts";
import type { WrittenJson } from "../src/page/written.ts";
import { isRightToLeft, readable } from "../src/report/visible.ts";
import { move } from "./pointing.ts";

export type Choice = { readonly anchor: number; readonly range: Range };

const between = (a: number, b: number): Range => ({ from: Math.min(a, b), to: Math.max(a, b) + 1 });

type ChooserProps = {
  readonly written: WrittenJson;
  readonly choice: Choice;
  readonly choose: (choice: Choice) => void;
};

/** Presses in one place: one is a token, two its word, three its sentence, as where text is edited. */
const stretches: Readonly<Record<number, keyof WrittenJson["spans"]>> = { 2: "word", 3: "sentence" };

/** What each of these does at the token `i` of the answer. */
const doing = ({ written, choice: { anchor }, choose }: ChooserProps) => {
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
  const over = ({ buttons }: PointerEvent, i: number): void => {
    if (buttons === 1) to(i, true);
  };
  return { byClick, byPointer, byKey, over };
};

export const Chooser = (props: ChooserProps) => {
  const { lines, tokens, text } = props.written;
  const { range } = props.choice;
  const { byClick, byPointer, byKey, over } = doing(props);
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
              onPointerEnter={(event) => over(event, i)}
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
