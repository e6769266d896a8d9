// One answer from top to bottom: what was asked, where it comes from, what was run.
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { AnswerSheet } from "../src/page/sheet.ts";
import { decimalsOf, labeller, teller } from "../src/page/told.ts";
import { Answer } from "./answer.tsx";
import { Context } from "./context.ts";
import { Detail } from "./detail.tsx";
import { Flow } from "./flow.tsx";
import { Heat } from "./heat.tsx";
import { ModuleMap } from "./modules.tsx";
import type { Pointing } from "./pointing.ts";
import { RulesCompared } from "./rules.tsx";
import { Run } from "./run.tsx";
import { Strip } from "./strip.tsx";
import { Strongest } from "./strongest.tsx";
import { Parts } from "./table.tsx";

type SheetProps = {
  readonly sheet: AnswerSheet & { readonly stretch?: number };
  readonly pointing: Pointing;
  /** What stands above the answer. */
  readonly children?: ComponentChildren;
};

export const SheetView = ({ sheet, pointing, children }: SheetProps) => {
  const context = useMemo(
    () => ({
      ...sheet,
      pointing,
      decimals: decimalsOf(sheet.result),
      nameOf: labeller(sheet.result),
      tell: teller(sheet),
    }),
    [sheet, pointing],
  );
  return (
    <Context.Provider value={context}>
      <main>
        {children}
        <Answer />
        <Strip />
        <Flow />
        <Heat />
        <ModuleMap />
        <Strongest />
        <Parts />
        <RulesCompared />
        <Run />
      </main>
      <aside aria-label="Value">
        <Detail />
      </aside>
    </Context.Provider>
  );
};
