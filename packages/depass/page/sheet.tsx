// One answer from top to bottom: what was asked, where it comes from, what was run.
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { AnswerSheet } from "../src/page/sheet.ts";
import { decimalsOf, labeller, teller } from "../src/page/told.ts";
import { Context, type PageContext } from "./context.ts";
import { Detail } from "./detail.tsx";
import { Flow } from "./flow.tsx";
import { Glance } from "./glance.tsx";
import { Heat } from "./heat.tsx";
import { ModuleMap } from "./modules.tsx";
import type { Pointing } from "./pointing.ts";
import { Question } from "./question.tsx";
import { RulesCompared } from "./rules.tsx";
import { Run } from "./run.tsx";
import { Spoken } from "./spoken.tsx";
import { Strip } from "./strip.tsx";
import { Strongest } from "./strongest.tsx";
import { Parts } from "./table.tsx";

export type AnswerProps = {
  readonly sheet: AnswerSheet & { readonly stretch?: number };
  readonly pointing: Pointing;
  /** Which of several answers in one document; none for the one that is pointed at. */
  readonly place?: number | undefined;
  /** What stands above the answer. */
  readonly children?: ComponentChildren;
};

const contextOf = ({ sheet, pointing, place }: Omit<AnswerProps, "children">): PageContext => ({
  ...sheet,
  pointing,
  decimals: decimalsOf(sheet.result),
  nameOf: labeller(sheet.result),
  tell: teller(sheet),
  idOf: (name) => (place === undefined ? name : `${name}-${place}`),
});

export const AnswerView = ({ sheet, pointing, place, children }: AnswerProps) => {
  const context = useMemo(() => contextOf({ sheet, pointing, place }), [sheet, pointing, place]);
  return (
    <Context.Provider value={context}>
      <main>
        {children}
        <Question />
        <Strip />
        <Glance />
        <Flow />
        <Heat />
        <ModuleMap />
        <Strongest />
        <Spoken />
        <Parts />
        <RulesCompared />
        <Run />
      </main>
      {place === undefined && (
        <aside aria-label="Value">
          <Detail />
        </aside>
      )}
    </Context.Provider>
  );
};
