// Where in the prompt does the score come from? The prompt itself, each piece on the colour of its score, and behind it what
// the model says next.

import { sentence } from "../src/page/told.ts";
import { type Piece, piecesOf } from "../src/report/pieces.ts";
import { isRightToLeft, readable, visible } from "../src/report/visible.ts";
import { coloursOf, onScale } from "./colour.ts";
import { usePage } from "./context.ts";
import { Figure } from "./figure.tsx";
import { Legend } from "./legend.tsx";

/** One space between words stays one. */
const gap = (text: string): string => (text === " " ? text : visible(text));

const Scored = ({ piece, first, largest }: { piece: Piece; first: boolean; largest: number }) => {
  const { decimals, tell } = usePage();
  const { before, parts, text, score, added } = piece;
  return (
    <>
      {before !== "" && <span aria-hidden="true">{gap(before)}</span>}
      <span
        role="option"
        aria-selected="false"
        aria-label={sentence(tell({ parts }), decimals)}
        tabIndex={first ? 0 : -1}
        class={added ? "piece coloured added" : "piece coloured"}
        data-parts={parts.join(" ")}
        style={coloursOf(onScale(score, largest))}
      >
        {readable(text)}
      </span>
      {text.endsWith("\n") && <br />}
    </>
  );
};

export const Strip = () => {
  const { result, decimals, stretch = 1, idOf } = usePage();
  const pieces = piecesOf(result);
  const largest = pieces.reduce((m, p) => Math.max(m, Math.abs(p.score)), 0);
  const scored = pieces.filter((p) => p.parts.length > 0);
  const next = stretch === 1 && (
    <span class="next">
      <span aria-hidden="true"> ▸ </span>
      <bdi>{readable(result.target.text)}</bdi>
    </span>
  );
  const direction = isRightToLeft(result.prompt) ? "rtl" : "ltr";
  if (scored.length === 0)
    return (
      <section aria-labelledby={idOf("strip")}>
        <h2 id={idOf("strip")}>Prompt</h2>
        <p class="strip" dir={direction}>
          {pieces.map((p) => gap(p.before) + readable(p.text)).join("")}
          {next}
        </p>
      </section>
    );
  return (
    <Figure name="strip" title="Prompt, coloured by score">
      <Legend largest={largest} decimals={decimals} />
      <div class="strip" dir={direction}>
        <span role="listbox" aria-label="Prompt" aria-orientation="horizontal" data-roving="">
          {pieces.map((piece, i) => (
            <Scored key={piece.tokens[0]} piece={piece} first={i === 0} largest={largest} />
          ))}
        </span>
        {next}
      </div>
    </Figure>
  );
};
