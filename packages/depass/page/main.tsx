// The report's page: reads the data beside it and draws it.
import { render } from "preact";
import type { PageData } from "../src/page/report.ts";
import { Page } from "./page.tsx";
import { pointing } from "./pointing.ts";

const root = document.getElementById("page") as HTMLElement;
const { sheets } = JSON.parse(document.getElementById("data")?.textContent ?? "") as PageData;

root.replaceChildren();
render(<Page sheets={sheets} pointing={pointing(root)} />, root);
