// Layers, heads and modules on the page, in a real browser.
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { report } from "../../src/page/report.ts";
import type { Attribution } from "../../src/result.ts";
import { detail, inPages } from "./browser.ts";
import { layer, piece, sample } from "./sample.ts";

const { test, inPage: inHtml } = inPages("layers in Chromium");

const inPage = (name: string, result: Attribution, use: (page: Page) => Promise<void>): void =>
  inHtml(name, report(result), use);

inPage("the map of layers: rows and columns named, cells by mouse and keys", sample, async (page) => {
  const grid = page.getByRole("grid", { name: "Parts by layer" });
  assert.equal(await grid.getByRole("columnheader").allInnerTexts(), ["part \\ layer", "0", "1", "end"]);
  assert.equal(await grid.getByRole("rowheader").allInnerTexts(), ["When", "·Mary", "·and", "·John", "⏎"]);
  await grid.locator("td").nth(3).hover();
  assert.match(await detail(page), "exactly -7.25");
  assert.match(await detail(page), "entering layer 0");
  await grid.locator("td").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  assert.match(await detail(page), "exactly 2");
  assert.match(await detail(page), "entering layer 1");
  await page.keyboard.press(" ");
  assert.is(await grid.locator("td").nth(4).getAttribute("aria-selected"), "true");
});

const opposites: Attribution = {
  ...sample,
  layers: [layer("layers.0.resid_pre", [4, -4, 2, 0, 0, 0, 0]), layer("resid_final", [1, 1, 1, 1, 1, 0, 0])],
};

inPage("a map without signs: equal sizes have equal colours, larger ones others", opposites, async (page) => {
  const grid = page.getByRole("grid", { name: "Parts by layer" });
  const colours = () => Promise.all([0, 2, 4].map((i) => grid.locator("td").nth(i).getAttribute("style")));
  const [up, down] = await colours();
  assert.match(`${up}`, "--light");
  assert.is.not(up, down);
  await page.getByLabel("sizes without signs").check();
  const [large, opposite, half] = await colours();
  assert.is(large, opposite);
  assert.is.not(large, half);
  assert.match(await page.locator("section", { has: grid }).innerText(), "4.000, supports or opposes");
});

const line = (page: Page): Promise<string> =>
  page
    .locator("svg.flow")
    .getAttribute("aria-label")
    .then((l) => l ?? "");
const heights = (page: Page): Promise<readonly number[]> =>
  page.locator(".flow circle").evaluateAll((all) => all.map((c) => Number(c.getAttribute("cy"))));

inPage("one part through the layers: the largest, until another is pointed at or locked", sample, async (page) => {
  assert.is(await line(page), "Scores of ·Mary by layer. Layer 0 changes it most, by +9.250.");
  const [first = 0, second = 0, third = 0] = await heights(page);
  assert.equal((await page.locator(".flow g text").allTextContents()).sort(), [
    "+2",
    "+4",
    "+6",
    "-2",
    "-4",
    "-6",
    "-8",
    "0",
  ]);
  // -7.25, 2, 4.2937461 on one linear scale, upwards
  assert.ok(Math.abs((first - second) / (second - third) - 9.25 / 2.2937461) < 1e-6, "in proportion");
  await piece(page, "·John").hover();
  assert.match(await line(page), "of ·John by layer. Layer 1 changes it most, by -6.750.");
  await piece(page, "·John").click();
  await page.mouse.move(0, 0);
  await page.evaluate("document.activeElement.blur()"); // what has the focus is told before what is locked
  await page.locator(".flow circle").nth(1).hover();
  assert.match(await detail(page), "exactly 4");
  assert.match(await detail(page), "entering layer 1");
  assert.equal((await page.locator(".flow text").allTextContents()).slice(-5), [
    "0",
    "1",
    "end",
    "layer that the state enters",
    "score",
  ]);
});

const withMaps = {
  ...{
    maps: {
      ...sample,
      heads: [
        [1, -2.5],
        [0.5, 3],
      ],
      attention: [-1.5, 3.5],
      mlp: [4, 5],
    },
  },
  command: "depass attribute",
};

inHtml(
  "the map of heads and modules: rows and columns named, exact values, lock",
  report(sample, withMaps),
  async (page) => {
    const grid = page.getByRole("grid", { name: "Heads and modules" });
    assert.equal(await grid.getByRole("columnheader").allInnerTexts(), ["layer \\ head", "0", "1", "attention", "MLP"]);
    await page.getByRole("gridcell", { name: "L0H1, score" }).click();
    assert.match(await detail(page), "exactly -2.5");
    await page.keyboard.press("ArrowDown");
    assert.match(await detail(page), "L1H1");
    assert.equal(await page.locator('[aria-selected="true"]').count(), 1);
  },
);

test.run();
