// Results as a page: one HTML file that needs no network and trusts no text. They are in it as JSON, which the
// page's one script draws; both the script and the style are named by their hash in the page's policy, and nothing else runs.
import { fault, faultError } from "@depass/graph";
import { harmless } from "../report/visible.ts";
import type { Attribution } from "../result.ts";
import { built } from "./built.ts";
import { type Extras, extraFaults, type Reported, type Sheet, sheetOf } from "./sheet.ts";
import { MOST_NUMBERS } from "./thinned.ts";

/** What the page's script reads. */
export type PageData = { readonly sheets: readonly Sheet[] };

/** One of several on a page. */
export type Entry = Extras & { readonly result: Reported };

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

const shortened = (prompt: string): string =>
  JSON.stringify(prompt.length > 60 ? `…${[...prompt].slice(-60).join("")}` : prompt);

const titleOf = (entries: readonly Entry[]): string => {
  const [first] = entries;
  if (first === undefined || entries.length > 1) return `${entries.length} predictions explained`;
  const { result } = first;
  if ("explanation" in result) return harmless(`Why ${shortened(result.generation.text)}?`);
  const { target, prompt } = "attributions" in result ? (result.attributions[0] as Attribution) : result;
  return harmless(`Why ${JSON.stringify(target.text)} behind ${shortened(prompt)}?`);
};

const entriesOf = (what: Reported | readonly (Reported | Entry)[], extras: Extras): readonly Entry[] =>
  (Array.isArray(what) ? what : [{ ...extras, result: what }]).map((one: Reported | Entry) =>
    "result" in one ? one : { result: one },
  );

const dataOf = (entries: readonly Entry[]): PageData => {
  const faults =
    entries.length === 0
      ? [fault("usage", "results", "at least one", "none")]
      : entries.flatMap(({ result, ...extras }) => extraFaults(result, extras));
  if (faults.length > 0) throw faultError(faults);
  const most = Math.floor(MOST_NUMBERS / entries.length);
  return { sheets: entries.map(({ result, ...extras }) => sheetOf(result, extras, most)) };
};

const written = (entries: readonly Entry[]): string =>
  [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${escaped(titleOf(entries))}</title>`,
    `<style>${built.style}</style>`,
    "</head>",
    "<body>",
    '<div id="page"><noscript>This report is drawn by a script in this file; let it run to see it.</noscript></div>',
    `<script id="data" type="application/json">${inScript(dataOf(entries))}</script>`,
    `<script>${built.script}</script>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");

/**
 * The page as text, to be written to a file:
 *
 *     await writeFile("why.html", report(await attribute(model, "The capital of France is", { layers: true })))
 *
 * What is reported is an attribution, maps, or a written text with its explanation; or several, each with its own extras where it
 * is `{ result, maps, … }`. Throws a FaultError: no result at all; maps or a comparison of another
 * prompt or target; a written text whose parts are not the tokens.
 */
export const report = (what: Reported | readonly (Reported | Entry)[], extras: Extras = {}): string =>
  written(entriesOf(what, extras));
