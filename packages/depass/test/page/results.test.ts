// Several results on one page, as somebody meets them in a real browser.
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { report } from "../../src/page/report.ts";
import { attributionOf } from "../report/tokens.ts";
import { detail, inPages, isSound, looks } from "./browser.ts";
import { writtenOf } from "./written.ts";

const { test, inPage } = inPages("several results in Chromium");

const of = (word: string, text: string, probability: number, gap: number) => ({
  ...attributionOf(["The", ` ${word}`, " is"], [1, probability, -1]),
  target: { id: 3, text, logit: probability, probability },
  gap,
});
const evil = "</script><img src=x onerror=alert(1)>";
const several = [
  of("sky", " blue", 0.5, 1e-6),
  of("grass", " green", 0.25, 1e-3),
  of(evil, " seen", 0.125, 1e-9),
  writtenOf(["The", " sun"], [" sets", " now"]),
];

const targets = (page: Page) => page.locator(".results tbody td .token").allInnerTexts();
const heading = (page: Page) => page.getByRole("heading", { level: 1 }).innerText();

inPage("pressing a row shows its result, and what was locked in another is let go", report(several), async (page) => {
  assert.match(await heading(page), "blue");
  await page.getByRole("option", { name: "·sky" }).click();
  await page.locator(".results tbody tr").nth(1).click();
  assert.match(await heading(page), "green");
  assert.is(
    await page.locator('.results [aria-current="true"]').innerText(),
    await page.locator(".results tbody tr").nth(1).innerText(),
  );
  assert.is(await page.locator('[aria-selected="true"]').count(), 0);
  await page.getByRole("option", { name: "·grass" }).hover();
  assert.match(await detail(page), "exactly 0.25");
  await page.locator(".results tbody tr").nth(3).click();
  assert.match(await heading(page), "sets now");
  assert.is(await page.locator("img").count(), 0);
});

inPage("the prompt has the most room", report(several), async (page) => {
  const width = async (what: string) => (await page.locator(what).first().boundingBox())?.width ?? 0;
  assert.ok((await width(".results tbody th")) > 0.5 * (await width(".results")));
});

inPage("rows are sorted by each column, and found", report(several), async (page) => {
  const sorted = async (column: string) => {
    await page.locator("nav").getByRole("button", { name: column, exact: true }).click();
    return (await targets(page)).map((t) => t.replace(/^·/, "").trim());
  };
  assert.equal(await sorted("Gap"), ["green", "blue", "seen", "sets now"]);
  assert.equal(await sorted("Gap"), ["sets now", "seen", "blue", "green"]);
  assert.equal(await sorted("Probability"), ["blue", "green", "sets now", "seen"]);
  assert.equal(await sorted("Target"), ["sets now", "blue", "green", "seen"]);
  assert.is((await sorted("Prompt")).length, 4);
  await page.locator("nav").getByRole("searchbox").fill("GRASS");
  assert.equal(await targets(page), ["·green"]);
  assert.match(await page.locator("nav").getByRole("status").innerText(), "1 of 4 results");
  await page.locator(".results tbody tr").first().click();
  assert.match(await heading(page), "green");
  assert.is(await page.locator("nav").getByRole("searchbox").inputValue(), "GRASS");
});

inPage("by keys: one stop for Tab, arrows, Enter", report(several), async (page) => {
  const rows = page.locator(".results tbody button");
  assert.is(await page.locator('.results tbody [tabindex="0"]').count(), 1);
  await rows.first().focus();
  await page.keyboard.press("ArrowDown");
  assert.is(await page.locator('.results tbody [tabindex="0"]').count(), 1);
  await page.keyboard.press("Enter");
  assert.match(await heading(page), "green");
  assert.is(await page.evaluate<string>("document.activeElement.title"), "The grass is");
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  assert.match(await heading(page), "sets now");
});

const many = Array.from({ length: 300 }, (_, i) => of(`thing${i}`, ` t${i}`, (i + 1) / 300, 0));

inPage("of hundreds the first are drawn until all are asked for; searching sees all", report(many), async (page) => {
  assert.is(await page.locator(".results tbody tr").count(), 200);
  await page.locator("nav").getByRole("searchbox").fill("thing299");
  assert.is(await page.locator(".results tbody tr").count(), 1);
  await page.locator("nav").getByRole("searchbox").fill("");
  await page.locator("nav").getByRole("button", { name: "Show all" }).click();
  assert.is(await page.locator(".results tbody tr").count(), 300);
});

const words = [{ id: 1, text: " up", score: 1 }];
const speaking = attributionOf(
  Array.from({ length: 60 }, (_, i) => ` t${i}`),
  Array.from({ length: 60 }, (_, i) => i),
);
const spoken = { ...speaking, parts: speaking.parts.map((p) => ({ ...p, promotes: words, suppresses: words })) };

inPage(
  "where words of parts were left out of the file, or rows out of their table, it is said",
  report(Array.from({ length: 100 }, () => spoken)),
  async (page) => {
    const table = page.locator("section", { has: page.getByRole("heading", { name: "promotes and suppresses" }) });
    assert.is(await table.locator("tbody tr").count(), 20);
    assert.match(
      await table.locator(".note").innerText(),
      "The tokens of the 20 parts with the largest scores are in this file, of 62.",
    );
  },
);

inPage("of many parts with words the first rows are drawn", report(spoken), async (page) => {
  assert.match(await page.getByText("parts are shown").innerText(), "50 of 62 parts are shown");
});

for (const [name, look] of looks)
  inPage(`${name}: axe finds nothing, and the page is no wider than the window`, report(several), isSound, look);

test.run();
