// An attribution as a page: one HTML file that needs no network and trusts no text. The result is in it as JSON, which the
// page's one script draws; both the script and the style are named by their hash in the page's policy, and nothing else runs.
import { fault, faultError } from "@depass/graph";
import type { Maps } from "../maps.ts";
import { harmless } from "../report/visible.ts";
import { type Attribution, toJson } from "../result.ts";
import { built } from "./built.ts";
import { type Modules, modulesOf } from "./modules.ts";
import { type Thinned, thinned } from "./thinned.ts";

export type ReportOptions = {
  /** What was called, to be copied from the page. */
  readonly command?: string;
  /** Scores of heads and modules for the same prompt and target. */
  readonly maps?: Maps;
};

/** What the page's script reads. */
export type PageData = Thinned & Pick<ReportOptions, "command"> & { readonly modules?: Modules };

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => entities[c] as string);

/** JSON that ends no element, whatever is in it: `<` is the only way out of one. */
const inScript = (data: PageData): string => JSON.stringify(data).replaceAll("<", "\\u003c");

const policy = [
  "default-src 'none'",
  `script-src '${built.scriptHash}'`,
  `style-src '${built.styleHash}'`,
  "img-src data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const titleOf = ({ target, prompt }: Attribution): string => {
  const short = prompt.length > 60 ? `…${[...prompt].slice(-60).join("")}` : prompt;
  return harmless(`Why ${JSON.stringify(target.text)} behind ${JSON.stringify(short)}?`);
};

const sameTarget = (result: Attribution, { prompt, target, position, foils = [] }: Maps): boolean =>
  result.prompt === prompt &&
  result.target.id === target.id &&
  result.position === position &&
  `${result.foils?.map((f) => f.id) ?? []}` === `${foils.map((f) => f.id)}`;

const dataOf = (result: Attribution, { command, maps }: ReportOptions): PageData => {
  if (maps !== undefined && !sameTarget(result, maps))
    throw faultError([fault("usage", "maps", "those of the result's prompt, target and foils", "others")]);
  return {
    ...thinned(toJson(result)),
    ...(command === undefined ? {} : { command }),
    ...(maps === undefined ? {} : { modules: modulesOf(maps) }),
  };
};

/**
 * The page as text, to be written to a file:
 *
 *     await writeFile("why.html", report(await attribute(model, "The capital of France is", { layers: true })))
 *
 * Throws a FaultError: maps of another prompt or target.
 */
export const report = (result: Attribution, options: ReportOptions = {}): string =>
  [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${escaped(titleOf(result))}</title>`,
    `<style>${built.style}</style>`,
    "</head>",
    "<body>",
    '<div id="page"><noscript>This report is drawn by a script in this file; let it run to see it.</noscript></div>',
    `<script id="data" type="application/json">${inScript(dataOf(result, options))}</script>`,
    `<script>${built.script}</script>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");
