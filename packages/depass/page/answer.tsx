// What was asked, and what is the answer at a glance? The target and its foils side by side, the largest parts on each side,
// and how far the parts are from the whole.
import { nameOf } from "../src/page/told.ts";
import { percent, signed } from "../src/report/numbers.ts";
import { visible } from "../src/report/visible.ts";
import type { Target } from "../src/result.ts";
import { usePage } from "./context.ts";

const Quoted = ({ text }: { readonly text: string }) => (
  <q>
    <bdi>{visible(text.trim() || text)}</bdi>
  </q>
);

const TokenRow = ({ asked, target }: { asked: string; target: Target }) => (
  <tr>
    <th scope="row">{asked}</th>
    <td>
      <bdi class="token">{visible(target.text)}</bdi>
    </td>
    <td class="number">{target.id}</td>
    <td class="number">{target.logit.toFixed(4)}</td>
    <td class="number">{percent(target.probability, 2)}</td>
  </tr>
);

/** Parts in a line, at most. */
const MOST = 3;

const Largest = ({ title, sign }: { title: string; sign: 1 | -1 }) => {
  const { result, decimals } = usePage();
  const found = result.parts
    .map(({ score }, part) => ({ score, part }))
    .filter(({ score }) => score * sign > 0)
    .sort((a, b) => sign * (b.score - a.score))
    .slice(0, MOST);
  return (
    <>
      <dt>{title}</dt>
      <dd>
        {found.length === 0 && "none"}
        {found.map(({ score, part }) => (
          <button key={part} type="button" class="part" aria-pressed="false" data-parts={part}>
            <bdi>{nameOf(result, part)}</bdi> {signed(score, decimals)}
          </button>
        ))}
      </dd>
    </>
  );
};

const goalOf = (foils: readonly Target[] | undefined, bent: Target["explained"]): string => {
  if (foils !== undefined)
    return `the target's logit above ${foils.length > 1 ? "the mean of the foils'" : "the foil's"}`;
  return bent === undefined ? "the target's logit" : `the logit before the softcap of ${bent.softcap}`;
};

export const Answer = () => {
  const { result } = usePage();
  const { target, foils, total, explained, gap } = result;
  return (
    <section aria-label="Answer">
      <h1>
        Why <Quoted text={target.text} />
        {foils !== undefined && " and not "}
        {foils?.map((f, i) => (
          <>
            {i > 0 && ", "}
            <Quoted text={f.text} />
          </>
        ))}
        ?
      </h1>
      <div class="wide">
        <table class="targets">
          <thead>
            <tr>
              <th scope="col">Asked</th>
              <th scope="col">Token</th>
              <th scope="col">Id</th>
              <th scope="col">Logit</th>
              <th scope="col">Probability</th>
            </tr>
          </thead>
          <tbody>
            <TokenRow asked="target" target={target} />
            {foils?.map((f) => (
              <TokenRow key={f.id} asked="foil" target={f} />
            ))}
          </tbody>
        </table>
      </div>
      <dl class="facts">
        <Largest title="Supported by" sign={1} />
        <Largest title="Opposed by" sign={-1} />
        <dt>Sum</dt>
        <dd>
          All parts sum to {total.toFixed(4)}; {goalOf(foils, target.explained)} is {explained.toFixed(4)}. Relative gap{" "}
          {gap.toExponential(1)}.
        </dd>
      </dl>
    </section>
  );
};
