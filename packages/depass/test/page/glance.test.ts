// The first screen: which words, through which layers and heads, and how sure, before anything is pressed or scrolled.
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { report } from "../../src/page/report.ts";
import { attributionOf } from "../report/tokens.ts";
import { inPages, isSound, looks } from "./browser.ts";
import { whole } from "./sample.ts";

const { test, inPage } = inPages("the first screen in Chromium");

/** The top of the first such element, and what has no more room above the line of values. */
const topOf = async (page: Page, what: string): Promise<number> =>
  (await page.locator(what).first().boundingBox())?.y ?? Number.POSITIVE_INFINITY;
const bottomOf = async (page: Page, what: string): Promise<number> => {
  const box = await page.locator(what).first().boundingBox();
  return (box?.y ?? Number.POSITIVE_INFINITY) + (box?.height ?? 0);
};

inPage("question, prompt, words, layers, heads and doubts are on it, in that order", report([whole]), async (page) => {
  const tops = await Promise.all(["h1", ".lead", ".strip", "dl.facts"].map((what) => topOf(page, what)));
  assert.equal(
    tops,
    [...tops].sort((a, b) => a - b),
  );
  assert.ok((await bottomOf(page, "dl.facts")) < (await topOf(page, "aside")));
  const said = (await page.locator("dl.facts").first().innerText()).replaceAll(/\s+/g, " ");
  assert.match(said, /Supported by Mary \+4\.294 \(\+2\.00 to \+5\.00\).* Opposed by John -2\.750/);
  assert.match(said, /Through layers layer 1 MLP \+5\.000.* Through heads layer 1 head 1 \+3\.000/);
  assert.match(said, "The scores sum to it, but for 0.0e+0 of it (the gap).");
  assert.match(said, "“Mary” supplies most under 2 of 3 rules");
});

inPage("a score whose sign hangs on the rule is in bold", report([whole]), async (page) => {
  const weight = (name: string): Promise<string> =>
    page.evaluate<string>(
      `getComputedStyle([...document.querySelectorAll(".part")].find((e) => e.innerText.includes("${name}")).querySelector("small")).fontWeight`,
    );
  assert.equal([await weight("John"), await weight("Mary")], ["700", "400"]);
});

inPage(
  "on a telephone the words are on it",
  report([whole]),
  async (page) => {
    await page.setViewportSize({ width: 360, height: 780 });
    for (const name of ["Mary", "John"])
      assert.ok((await bottomOf(page, `.part:has-text("${name}")`)) < (await topOf(page, "aside")), name);
  },
  { width: 360 },
);

inPage("what was not asked is said, with the option that asks it", report(attributionOf(["a"], [1])), async (page) => {
  const said = await page.locator("dl.facts").first().innerText();
  assert.match(said, "Which layers and heads was not asked (--maps asks it).");
  assert.match(said, "how much hangs on it was not tried (--compare tries it).");
});

inPage("by keys alone: from word to word, each told, and one of them locked", report([whole]), async (page) => {
  const first = page.locator("button.part").first();
  await first.focus();
  assert.match(await page.locator("#detail").innerText(), "exactly 4.2937461");
  await page.keyboard.press("Enter");
  assert.is(await first.getAttribute("aria-pressed"), "true");
  await page.keyboard.press("Tab");
  assert.match(await page.locator("#detail").innerText(), "exactly 0.5");
  await page.keyboard.press("Escape");
  assert.is(await first.getAttribute("aria-pressed"), "false");
});

for (const [name, look] of looks)
  inPage(
    `${name}: axe finds nothing on a page with all there is, no wider than its window`,
    report([whole]),
    isSound,
    look,
  );

test.run();
