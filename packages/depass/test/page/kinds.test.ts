// Maps by themselves, rules compared, and a written text, as somebody meets them in a real browser.
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { report } from "../../src/page/report.ts";
import { attributionOf } from "../report/tokens.ts";
import { detail, inPages, isSound, looks } from "./browser.ts";
import { scoreFor, writtenOf } from "./written.ts";

const { test, inPage } = inPages("kinds of pages in Chromium");

const sample = attributionOf(["When", " Mary", " and", " John"], [0.5, 4.25, -1, -2.75]);
const { parts: _, total: _t, seed: _s, ...asked } = sample;
const maps = {
  ...asked,
  heads: [
    [1, -2.5],
    [0.5, 3],
  ],
  attention: [-1.5, 3.5],
  mlp: [4, 5],
  all: { tokens: [], neurons: [[0.125, -7.5]] },
};
const byRule = (rule: string, scores: readonly number[]) => ({
  ...sample,
  rule,
  parts: sample.parts.map((p, i) => ({ ...p, score: scores[i] ?? 0 })),
});
const comparison = {
  attributions: [sample, byRule("max", [3, 2, -1, -3]), byRule("taylor", [-1, 5, -0.5, -2.5])],
  moved: [
    { rule: "max", distance: 0.5, order: 0.75 },
    { rule: "taylor", distance: 0.25, order: 1 },
  ],
};

inPage("maps alone: no parts and no sum of them, but the map and the strongest", report(maps), async (page) => {
  assert.is(await page.locator(".parts").count(), 0);
  assert.match(
    await page.locator("dl.facts").first().innerText(),
    /Through heads\s+layer 1 head 1 \+3\.000\s*layer 0 head 1 -2\.500/,
  );
  await page.getByRole("row", { name: "L0N1" }).hover();
  assert.match(await detail(page), "exactly -7.5");
  await page.getByRole("button", { name: "L1 MLP" }).first().click();
  assert.is(await page.locator('[role=gridcell][aria-selected="true"]').getAttribute("data-module"), "1 3");
});

const ruleRows = (page: Page) =>
  page.getByRole("grid", { name: "Rules compared" }).getByRole("rowheader").allInnerTexts();

inPage("rules compared: how sure one may be at a glance, and the scores to sort", report(comparison), async (page) => {
  const sure = await page.locator("dl.facts").first().innerText();
  assert.match(sure, "“Mary” supplies most under 2 of 3 rules");
  assert.match(sure, "move the scores by 25 % to 50 % and keep 75 % to 100 % of the pairs");
  assert.equal(await ruleRows(page), ["·Mary", "When", "·and", "·John"]);
  await page.getByRole("button", { name: "max", exact: true }).click();
  assert.equal(await ruleRows(page), ["When", "·Mary", "·and", "·John"]);
  await page.getByRole("button", { name: "range", exact: true }).click();
  assert.is((await ruleRows(page))[0], "When");
  await page.getByRole("button", { name: "range", exact: true }).click();
  assert.is(await page.getByRole("columnheader", { name: "range" }).getAttribute("aria-sort"), "ascending");
  assert.is((await ruleRows(page)).at(-1), "When");
  const grid = page.getByRole("grid", { name: "Rules compared" });
  await grid.locator('td[data-parts="1"][data-rule="0"]').focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.match(await detail(page), /exactly 5/);
  assert.match(await detail(page), "by the rule taylor");
  await page.keyboard.press("Enter");
  assert.is(await grid.locator('td[aria-selected="true"]').count(), 1);
  assert.match(await grid.getByRole("row", { name: "When" }).locator("strong").innerText(), "-1.000 to +3.000");
});

const text = writtenOf(["The", " king", " rules.", " A", " fox", " runs."], [" He", " sings", " well"]);
const sumFor = (token: number, positions: readonly number[]): number =>
  positions.reduce((sum, position) => sum + (token < position ? scoreFor(token, position) : 0), 0);
const option = (page: Page, name: string) => page.getByRole("listbox", { name: "Answer" }).getByText(name);
const told = async (page: Page, name: string): Promise<number> => {
  await page.locator(".parts tbody").getByRole("row", { name }).hover();
  return Number(/exactly (\S+)/.exec(await detail(page))?.[1]);
};

inPage("a written text: whatever is chosen by mouse is explained together", report(text), async (page) => {
  assert.match(await page.getByRole("heading", { level: 1 }).innerText(), "He sings well");
  assert.is(await told(page, "king"), sumFor(1, [6, 7, 8]));
  await option(page, "sings").click();
  assert.match(await page.getByRole("heading", { level: 1 }).innerText(), /Why\s*sings\s*\?/);
  assert.is(await told(page, "king"), sumFor(1, [7]));
  await option(page, "well").click({ modifiers: ["Shift"] });
  assert.is(await told(page, "king"), sumFor(1, [7, 8]));
  await option(page, "He").hover();
  await page.mouse.down();
  await option(page, "sings").hover();
  await page.mouse.up();
  assert.is(await told(page, "king"), sumFor(1, [6, 7]));
  await page.getByRole("button", { name: "All of it" }).click();
  assert.is(await told(page, "king"), sumFor(1, [6, 7, 8]));
});

inPage("a written text by keys, in words and in sentences", report({ ...text, cited: "sings" }), async (page) => {
  const chosen = () => page.locator('.chooser [aria-selected="true"]').allInnerTexts();
  assert.equal(await chosen(), [" sings"]);
  await option(page, "He").focus();
  await page.keyboard.press("Enter");
  assert.equal(await chosen(), [" He"]);
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Shift+ArrowRight");
  assert.equal(await chosen(), [" He", " sings", " well"]);
  await page.keyboard.press("Shift+ArrowLeft");
  assert.equal(await chosen(), [" He", " sings"]);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press(" ");
  assert.equal(await chosen(), [" well"]);
  await page.getByLabel("sentences").check();
  assert.is(await page.locator(".parts tbody tr").count(), 5); // two sentences, the answer so far, bias and remainder
  const first = [0, 1, 2].reduce((sum, token) => sum + scoreFor(token, 8), 0);
  assert.ok(Math.abs((await told(page, "The·king·rules")) - first) < 1e-9);
  await page.getByLabel("words").check();
  assert.is(await page.locator(".strip").nth(1).locator(".piece").count(), 7);
});

const words = writtenOf(["The", " king", " of"], [" Riv", "land", " is", " old", ".", " He", " sings"]);

inPage("pressed twice, a token's word is chosen; thrice, its sentence", report(words), async (page) => {
  const chosen = () => page.locator('.chooser [aria-selected="true"]').allInnerTexts();
  await option(page, "land").dblclick();
  assert.equal(await chosen(), [" Riv", "land"]);
  assert.match(await page.getByRole("heading", { level: 1 }).innerText(), /Why\s*Rivland\s*\?/);
  await option(page, "is").click({ clickCount: 3 });
  assert.equal(await chosen(), [" Riv", "land", " is", " old", "."]);
  await option(page, "He").click();
  assert.equal(await chosen(), [" He"]);
});

inPage("a finger that is drawn over tokens chooses them all", report(words), async (page) => {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Emulation.setTouchEmulationEnabled", { enabled: true });
  const at = async (name: string) => {
    const box = await option(page, name).boundingBox();
    return { x: (box?.x ?? 0) + (box?.width ?? 0) / 2, y: (box?.y ?? 0) + (box?.height ?? 0) / 2 };
  };
  const touch = async (type: "touchStart" | "touchMove", name: string) =>
    cdp.send("Input.dispatchTouchEvent", { type, touchPoints: [await at(name)] });
  await touch("touchStart", "land");
  await touch("touchMove", "is");
  await touch("touchMove", "old");
  await cdp.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  assert.equal(await page.locator('.chooser [aria-selected="true"]').allInnerTexts(), ["land", " is", " old"]);
});

const evil = ["</script><img src=x onerror=alert(1)>", "<svg/onload=alert(2)>", "\u202e"];
inPage("hostile text of an answer stays text", report(writtenOf(evil, evil)), async (page) => {
  assert.is(await page.locator("img, svg, iframe").count(), 0);
  assert.equal(await page.locator(".chooser .piece").allInnerTexts(), [evil[0], evil[1], "<U+202E>"]);
});

for (const [name, look] of looks)
  for (const [kind, html] of Object.entries({
    maps: report(maps),
    rules: report(sample, { comparison }),
    text: report(text),
  }))
    inPage(`${name}, ${kind}: axe finds nothing, and the page is no wider than the window`, html, isSound, look);

test.run();
