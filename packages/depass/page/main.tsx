// The report's page: reads the data beside it and draws it once.
import { render } from "preact";
import type { PageData } from "../src/page/report.ts";
import { decimalsOf, teller } from "../src/page/told.ts";
import { Answer } from "./answer.tsx";
import { Context } from "./context.ts";
import { Detail } from "./detail.tsx";
import { Heat } from "./heat.tsx";
import { ModuleMap } from "./modules.tsx";
import { pointing } from "./pointing.ts";
import { Run } from "./run.tsx";
import { Strip } from "./strip.tsx";
import { Parts } from "./table.tsx";

const root = document.getElementById("page") as HTMLElement;
const data = JSON.parse(document.getElementById("data")?.textContent ?? "") as PageData;

root.replaceChildren();
render(
  <Context.Provider
    value={{ ...data, pointing: pointing(root), decimals: decimalsOf(data.result), tell: teller(data) }}
  >
    <main>
      <Answer />
      <Strip />
      <Heat />
      <ModuleMap />
      <Parts />
      <Run />
    </main>
    <aside aria-label="Value">
      <Detail />
    </aside>
  </Context.Provider>,
  root,
);
