// What is the answer at a glance? Which parts made the model say so, through which layers and heads, and how sure one may be.
import { moduleRows, strongest } from "../src/page/modules.ts";
import { type Bracket, bracketOf, gapSaid, spelled, sureness } from "../src/page/said.ts";
import { speller } from "../src/page/told.ts";
import { decimalsFor, signed } from "../src/report/numbers.ts";
import { tokensOfPart } from "../src/report/pieces.ts";
import { usePage } from "./context.ts";
import { Targets } from "./question.tsx";
import { isHead, type Placed, placed } from "./strongest.tsx";

/** Of a kind in a line, at most. */
const MOST = 3;

type Found = {
  readonly name: string;
  readonly score: number;
  readonly bracket?: Bracket;
  readonly point: Readonly<Record<`data-${string}`, string>>;
};

type LineProps = { readonly title: string; readonly found: readonly Found[]; readonly decimals: number };

const Line = ({ title, found, decimals }: LineProps) => (
  <>
    <dt>{title}</dt>
    <dd>
      {found.length === 0 && "none"}
      {found.map(({ name, score, bracket, point }) => (
        <button key={name} type="button" class="part" aria-pressed="false" {...point}>
          <bdi>{name}</bdi> {signed(score, decimals)}
          {bracket && <small class={bracket.sameSign ? "" : "unsure"}> {bracket.text}</small>}
        </button>
      ))}
    </dd>
  </>
);

const Largest = ({ title, sign }: { readonly title: string; readonly sign: 1 | -1 }) => {
  const { result, rules, decimals } = usePage();
  const nameOf = speller(result);
  const found = result.parts
    .map(({ score }, part) => ({ score, part }))
    .filter(({ score }) => score * sign > 0)
    .sort((a, b) => sign * (b.score - a.score))
    .slice(0, MOST)
    .map(({ score, part }) => ({
      ...{ name: nameOf(part), score, point: { "data-parts": `${part}` } },
      ...(rules === undefined ? {} : { bracket: bracketOf(rules, part, Math.max(0, decimals - 1)) }),
    }));
  return <Line title={title} found={found} decimals={decimals} />;
};

const Through = ({ title, modules }: { readonly title: string; readonly modules: readonly Placed[] }) => {
  const found = (strongest(modules, MOST) as readonly Placed[]).map(({ name, score, at }) => ({
    ...{ name: spelled(name), score },
    point: { "data-parts": "", "data-module": at },
  }));
  return <Line title={title} found={found} decimals={decimalsFor(Math.abs(found[0]?.score ?? 0))} />;
};

const Modules = () => {
  const { result, modules, stretch } = usePage();
  const ofText = result.parts.some((part) => tokensOfPart(part).length > 0); // other parts are heads or modules themselves
  if (modules === undefined)
    return stretch !== undefined || !ofText ? null : (
      <>
        <dt>Through</dt>
        <dd>Which layers and heads was not asked (--maps asks it).</dd>
      </>
    );
  const all = placed(moduleRows(modules));
  return (
    <>
      <Through title="Through layers" modules={all.filter((m) => !isHead(m))} />
      <Through title="Through heads" modules={all.filter(isHead)} />
    </>
  );
};

export const Glance = () => {
  const { result, rules, stretch } = usePage();
  const hasParts = result.parts.length > 0;
  return (
    <section aria-label="At a glance">
      <dl class="facts">
        {hasParts && <Largest title="Supported by" sign={1} />}
        {hasParts && <Largest title="Opposed by" sign={-1} />}
        <Modules />
        <dt>How sure</dt>
        <dd>
          {gapSaid(result)}{" "}
          {hasParts && stretch === undefined && sureness(result.rule, rules, speller(result)).join(" ")}
        </dd>
      </dl>
      <Targets />
    </section>
  );
};
