// What was asked? The question, what the model says to it, and, as a table, the target beside its foils.
import { Fragment } from "preact";
import { chance, question, quotable } from "../src/page/said.ts";
import { visible } from "../src/report/visible.ts";
import type { Target } from "../src/result.ts";
import { usePage } from "./context.ts";

const Quoted = ({ text }: { readonly text: string }) => (
  <q>
    <bdi>{quotable(text)}</bdi>
  </q>
);

export const Question = () => {
  const { result, stretch } = usePage();
  const { target, foils, direction } = result;
  return (
    <section aria-label="Question">
      <h1>
        Why <Quoted text={target.text} />
        {direction && ", along a direction of one's own"}
        {foils !== undefined && " and not "}
        {foils?.map((f, i) => (
          <Fragment key={f.id}>
            {i > 0 && ", "}
            <Quoted text={f.text} />
          </Fragment>
        ))}
        ?
      </h1>
      <p class="lead">{question(result, stretch)}</p>
    </section>
  );
};

const TokenRow = ({ asked, target }: { readonly asked: string; readonly target: Target }) => (
  <tr>
    <th scope="row">{asked}</th>
    <td>
      <bdi class="token">{visible(target.text)}</bdi>
    </td>
    <td class="number">{target.id}</td>
    <td class="number">{target.logit.toFixed(4)}</td>
    <td class="number">{chance(target.probability)}</td>
  </tr>
);

/** Of a stretch of several tokens there is no such row. */
export const Targets = () => {
  const { result, stretch = 1 } = usePage();
  if (stretch > 1) return null;
  return (
    <div class="wide">
      <table class="targets">
        <caption class="unseen">Target and foils</caption>
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
          <TokenRow asked="target" target={result.target} />
          {result.foils?.map((f) => (
            <TokenRow key={f.id} asked="foil" target={f} />
          ))}
        </tbody>
      </table>
    </div>
  );
};
