// The exact value of what is pointed at, else of what is locked: a line that stays in sight.
import { Fragment } from "preact";
import { useEffect, useState } from "preact/hooks";
import { decimalsFor, signed } from "../src/report/numbers.ts";
import { visible } from "../src/report/visible.ts";
import type { TokenScore } from "../src/result.ts";
import { usePage } from "./context.ts";

/** Of each kind in the line. */
const MOST_WORDS = 5;

type WordsProps = { readonly title: string; readonly words: readonly TokenScore[] };

const Words = ({ title, words }: WordsProps) =>
  words.length === 0 ? null : (
    <span class="words">
      {title}{" "}
      {words.slice(0, MOST_WORDS).map(({ id, text, score }) => (
        <Fragment key={id}>
          <bdi class="token">{visible(text)}</bdi> {signed(score, decimalsFor(Math.abs(words[0]?.score ?? 0)))}{" "}
        </Fragment>
      ))}
    </span>
  );

export const Detail = () => {
  const { decimals, pointing, tell } = usePage();
  const [{ now, locked }, hear] = useState(pointing.pointed());
  useEffect(() => pointing.listen(() => hear(pointing.pointed())), [pointing]);
  const selection = now ?? locked;
  if (selection === undefined)
    return (
      <div class="detail" id="detail">
        <span class="hint">Point at something for its value; click, or Enter, locks it.</span>
      </div>
    );
  const { name, score, share, facts, words } = tell(selection);
  return (
    <div class="detail" id="detail">
      <bdi class="token">{name}</bdi>
      <strong class={score < 0 ? "opposes" : "supports"}>{signed(score, decimals)}</strong>
      <span>share {share}</span>
      <span class="facts">{facts.join(" · ")}</span>
      {words !== undefined && <Words title="promotes" words={words.promotes ?? []} />}
      {words !== undefined && <Words title="suppresses" words={words.suppresses ?? []} />}
      <span class="exact">exactly {score}</span>
      {locked !== undefined && (
        <button type="button" onClick={pointing.unlock}>
          Unlock
        </button>
      )}
    </div>
  );
};
