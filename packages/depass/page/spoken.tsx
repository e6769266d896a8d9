// Which tokens does each part speak for and against? A row a part, those with the largest scores first.
import { Fragment } from "preact";
import { decimalsFor, signed } from "../src/report/numbers.ts";
import { visible } from "../src/report/visible.ts";
import type { TokenScore } from "../src/result.ts";
import { usePage } from "./context.ts";
import { Figure } from "./figure.tsx";

/** Parts in the table, and tokens of a kind beside each, at most. */
const [MOST_ROWS, MOST_WORDS] = [50, 5];

const Words = ({ words }: { readonly words: readonly TokenScore[] }) => {
  const decimals = Math.max(0, decimalsFor(Math.abs(words[0]?.score ?? 0)) - 1);
  return (
    <td>
      {words.slice(0, MOST_WORDS).map(({ id, text, score }) => (
        <Fragment key={id}>
          <span class="word">
            <bdi class="token">{visible(text)}</bdi> {signed(score, decimals)}
          </span>{" "}
        </Fragment>
      ))}
    </td>
  );
};

export const Spoken = () => {
  const { result, nameOf, speaking: all } = usePage();
  const speaking = result.parts
    .map((p, part) => ({ ...p, part }))
    .filter((p) => p.promotes !== undefined || p.suppresses !== undefined)
    .sort((a, b) => Math.abs(b.score) - Math.abs(a.score));
  if (speaking.length === 0) return null;
  return (
    <Figure name="spoken" title="What each part promotes and suppresses">
      <p class="note">
        The tokens whose logits a part raises most, and those that it lowers most or raises least.
        {speaking.length > MOST_ROWS &&
          ` ${MOST_ROWS} of ${speaking.length} parts are shown: those with the largest scores.`}
        {all !== undefined &&
          ` The tokens of the ${speaking.length} parts with the largest scores are in this file, of ${all}.`}
      </p>
      <div class="wide">
        <table class="spoken">
          <thead>
            <tr>
              <th scope="col">Part</th>
              <th scope="col">Promotes</th>
              <th scope="col">Suppresses</th>
            </tr>
          </thead>
          <tbody>
            {speaking.slice(0, MOST_ROWS).map(({ part, promotes = [], suppresses = [] }) => (
              <tr key={part} data-parts={part}>
                <th scope="row">
                  <bdi>{nameOf(part)}</bdi>
                </th>
                <Words words={promotes} />
                <Words words={suppresses} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Figure>
  );
};
