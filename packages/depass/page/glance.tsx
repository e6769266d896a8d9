// What was asked, and what is the answer at a glance? The target and its foils side by side, the largest parts on each side,
// and how far the parts are from the whole.
import { moduleRows, strongest } from "../src/page/modules.ts";
import { leader } from "../src/page/rules.ts";
import { decimalsFor, percent, signed } from "../src/report/numbers.ts";
import { readable, visible } from "../src/report/visible.ts";
import { type AttributionJson, isComponent, type Target } from "../src/result.ts";
import { type PageContext, usePage } from "./context.ts";
import { isHead, type Placed, placed } from "./strongest.tsx";

const Quoted = ({ text }: { readonly text: string }) => (
  <q>
    <bdi>{readable(text.trim() || text)}</bdi>
  </q>
);

const TokenRow = ({ asked, target, several }: { asked: string; target: Target; several?: boolean }) => (
  <tr>
    <th scope="row">{asked}</th>
    <td>
      <bdi class="token">{visible(target.text)}</bdi>
    </td>
    <td class="number">{several ? "" : target.id}</td>
    <td class="number">{target.logit.toFixed(4)}</td>
    <td class="number">{percent(target.probability, 2)}</td>
  </tr>
);

/** Of a kind in a line, at most. */
const MOST = 3;

type Found = {
  readonly name: string;
  readonly score: number;
  readonly point: Readonly<Record<`data-${string}`, string>>;
};

const Line = ({ title, found, decimals }: { title: string; found: readonly Found[]; decimals: number }) => (
  <>
    <dt>{title}</dt>
    <dd>
      {found.length === 0 && "none"}
      {found.map(({ name, score, point }) => (
        <button key={name} type="button" class="part" aria-pressed="false" {...point}>
          <bdi>{name}</bdi> {signed(score, decimals)}
        </button>
      ))}
    </dd>
  </>
);

const Largest = ({ title, sign }: { title: string; sign: 1 | -1 }) => {
  const { result, decimals, nameOf } = usePage();
  const found = result.parts
    .map(({ score }, part) => ({ score, part }))
    .filter(({ score }) => score * sign > 0)
    .sort((a, b) => sign * (b.score - a.score))
    .slice(0, MOST)
    .map(({ score, part }) => ({ name: nameOf(part), score, point: { "data-parts": `${part}` } }));
  return <Line title={title} found={found} decimals={decimals} />;
};

const Through = ({ title, modules }: { title: string; modules: readonly Placed[] }) => {
  const found = (strongest(modules, MOST) as readonly Placed[]).map(({ name, score, at }) => ({
    ...{ name, score },
    point: { "data-parts": "", "data-module": at },
  }));
  return <Line title={title} found={found} decimals={decimalsFor(Math.abs(found[0]?.score ?? 0))} />;
};

const goalOf = ({ foils, to, target: { explained } }: AttributionJson, stretch = 1): string => {
  if (stretch > 1) return `the sum of the logits of its ${stretch} tokens`;
  if (isComponent(to))
    return `what ${to} adds to ${foils === undefined ? "the target's logit" : "the difference of logits"}`;
  if (foils !== undefined)
    return `the target's logit above ${foils.length > 1 ? "the mean of the foils'" : "the foil's"}`;
  return explained === undefined ? "the target's logit" : `the logit before the softcap of ${explained.softcap}`;
};

const range = (values: readonly number[]): string => {
  const [least, most] = [percent(Math.min(...values), 0), percent(Math.max(...values), 0)];
  return least === most ? least : `${least} to ${most}`;
};

/** What of it hangs on the rule that was chosen. */
const sureness = ({ result, rules, nameOf }: Pick<PageContext, "result" | "rules" | "nameOf">): string => {
  if (rules === undefined || rules.moved.length === 0)
    return `By one rule, ${result.rule}; how much the scores hang on it was not tried (--compare tries it).`;
  const { part, agreeing } = leader(rules);
  return `“${nameOf(part)}” supplied most under ${agreeing} of ${rules.names.length} rules. Beside ${rules.names[0]}, other rules move the scores by ${range(
    rules.moved.map((m) => m.distance),
  )} and keep ${range(rules.moved.map((m) => m.order))} of the pairs of parts in their order.`;
};

/** Which parts, by which modules, and whether the sum is right. */
const Facts = () => {
  const page = usePage();
  const { result, modules, stretch } = page;
  const { parts, total, explained, gap } = result;
  const all = modules === undefined ? [] : placed(moduleRows(modules));
  return (
    <dl class="facts">
      {parts.length > 0 && <Largest title="Supported by" sign={1} />}
      {parts.length > 0 && <Largest title="Opposed by" sign={-1} />}
      {modules !== undefined && <Through title="Through heads" modules={all.filter(isHead)} />}
      {modules !== undefined && <Through title="Through layers" modules={all.filter((m) => !isHead(m))} />}
      <dt>Sum</dt>
      <dd>
        {parts.length > 0
          ? `All parts sum to ${total.toFixed(4)}; `
          : "With all else, the parts of each layer sum to it; "}
        {goalOf(result, stretch)} is {explained.toFixed(4)}. {parts.length > 0 ? "Relative" : "Largest relative"} gap{" "}
        {gap.toExponential(1)}.
      </dd>
      {parts.length > 0 && stretch === undefined && (
        <>
          <dt>How sure</dt>
          <dd>{sureness(page)}</dd>
        </>
      )}
    </dl>
  );
};

export const Answer = () => {
  const { result, stretch = 1 } = usePage();
  const { target, foils } = result;
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
            <TokenRow asked="target" target={target} several={stretch > 1} />
            {foils?.map((f) => (
              <TokenRow key={f.id} asked="foil" target={f} />
            ))}
          </tbody>
        </table>
      </div>
      <Facts />
    </section>
  );
};
