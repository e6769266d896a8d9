// The exact value of what is pointed at, else of what is locked: a line that stays in sight.
import { useEffect, useState } from "preact/hooks";
import { signed } from "../src/report/numbers.ts";
import { usePage } from "./context.ts";

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
  const { name, score, share, facts } = tell(selection);
  return (
    <div class="detail" id="detail">
      <bdi class="token">{name}</bdi>
      <strong class={score < 0 ? "opposes" : "supports"}>{signed(score, decimals)}</strong>
      <span>share {share}</span>
      <span class="facts">{facts.join(" · ")}</span>
      <span class="exact">exactly {score}</span>
      {locked !== undefined && (
        <button type="button" onClick={pointing.unlock}>
          Unlock
        </button>
      )}
    </div>
  );
};
