// The page as somebody meets it, in a real browser.
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { report } from "../../src/page/report.ts";
import { type Attribution, toJson } from "../../src/result.ts";
import { attributionOf } from "../report/tokens.ts";
import { detail, inPages, isSound, type Look, looks, saved } from "./browser.ts";

const { test, inPage: inHtml } = inPages("the page in Chromium");

const inPage = (name: string, result: Attribution, use: (page: Page) => Promise<void>, look?: Look): void =>
  inHtml(name, report(result, { command: "depass attribute" }), use, look);

const layer = (site: string, scores: readonly number[]) => ({
  site,
  scores,
  explained: scores.reduce((a, b) => a + b, 0),
});

const sample: Attribution = {
  ...attributionOf(["When", " Mary", " and", " John", "\n"], [-0.125, 4.2937461, 0.5, -2.75, 0.25]),
  layers: [
    layer("layers.0.resid_pre", [1, -7.25, 0, 0.5, 0, 0, 0]),
    layer("layers.1.resid_pre", [1, 2, 3, 4, 5, 0, 0]),
    layer("resid_final", [-0.125, 4.2937461, 0.5, -2.75, 0.25, 0, 0]),
  ],
};
const contrast: Attribution = { ...sample, foils: [{ id: 9, text: " Rome", logit: 0.5, probability: 0.01 }] };

const piece = (page: Page, name: string) => page.getByRole("option", { name: new RegExp(`^${name}`) });

inPage("hovering tells the exact value, share, id and characters", sample, async (page) => {
  await piece(page, "·Mary").hover();
  const said = await detail(page);
  for (const told of ["·Mary", "+4.294", "share 198.0 %", "id 1", "characters 4 to 9", "exactly 4.2937461"])
    assert.ok(said.includes(told), `${told} in ${said}`);
  assert.is(await page.locator("tr.now").innerText(), await page.locator("tr[data-parts='1']").innerText());
  await page.mouse.move(0, 0);
  assert.match(await detail(page), /^Point at something/);
});

inPage("a click locks, another unlocks, and hovering in between shows the other", sample, async (page) => {
  await piece(page, "·Mary").click();
  assert.is(await piece(page, "·Mary").getAttribute("aria-selected"), "true");
  await piece(page, "·John").hover();
  assert.match(await detail(page), "exactly -2.75");
  await page.mouse.move(0, 0);
  await page.evaluate(() =>
    (globalThis as unknown as { document: { activeElement: { blur(): void } } }).document.activeElement.blur(),
  );
  assert.match(await detail(page), "exactly 4.2937461");
  await page.getByRole("button", { name: "Unlock" }).click();
  assert.is(await piece(page, "·Mary").getAttribute("aria-selected"), "false");
});

inPage("the strip by keys: one stop for Tab, arrows, Enter and Escape", sample, async (page) => {
  assert.is(await page.locator('[role=option][tabindex="0"]').count(), 1);
  await piece(page, "When").focus();
  await page.keyboard.press("ArrowRight");
  assert.match(await detail(page), "exactly 4.2937461");
  assert.is(await page.locator('[role=option][tabindex="0"]').count(), 1);
  await page.keyboard.press("Enter");
  await page.keyboard.press("End");
  assert.match(await detail(page), "exactly 0.25");
  await page.keyboard.press("Tab");
  assert.is(await piece(page, "·Mary").getAttribute("aria-selected"), "true");
  await page.keyboard.press("Escape");
  assert.is(await piece(page, "·Mary").getAttribute("aria-selected"), "false");
});

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
  // -7.25, 2, 4.2937461 on one linear scale, upwards
  assert.ok(Math.abs((first - second) / (second - third) - 9.25 / 2.2937461) < 1e-6, "in proportion");
  await piece(page, "·John").hover();
  assert.match(await line(page), "of ·John by layer. Layer 1 changes it most, by -6.750.");
  await piece(page, "·John").click();
  await page.mouse.move(0, 0);
  await page.keyboard.press("Tab");
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

const names = (page: Page): Promise<readonly string[]> => page.locator(".parts tbody th").allInnerTexts();

inPage("the table sorts both ways, finds, and adds up", sample, async (page) => {
  assert.equal(await names(page), ["·Mary", "·John", "·and", "⏎", "When", "bias", "remainder"]);
  await page.getByRole("button", { name: "Score", exact: true }).click();
  assert.is(await page.getByRole("columnheader", { name: "Score" }).getAttribute("aria-sort"), "descending");
  assert.equal((await names(page)).at(-1), "·John");
  await page.getByRole("button", { name: "Score", exact: true }).click();
  assert.is((await names(page))[0], "·John");
  await page.getByRole("searchbox").fill("mar");
  assert.equal(await names(page), ["·Mary"]);
  assert.match(await page.locator(".parts tfoot").innerText(), /\+2\.169/);
});

inPage("target and foil stand side by side", contrast, async (page) => {
  assert.match(await page.getByRole("heading", { level: 1 }).innerText(), /Why\s*Paris\s*and not\s*Rome\s*\?/);
  assert.match(await page.locator(".targets").innerText(), /foil\s+·Rome\s+9\s+0\.5000\s+1\.00 %/);
});

inPage("the data and the command can be had", sample, async (page) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy data" }).click();
  await page.getByText("copied").waitFor();
  const read = "navigator.clipboard.readText()";
  assert.equal(JSON.parse(await page.evaluate<string>(read)), JSON.parse(JSON.stringify(toJson(sample))));
  await page.getByRole("button", { name: "Copy command" }).click();
  await page.getByText("copied").nth(1).waitFor();
  assert.is(await page.evaluate<string>(read), "depass attribute");
});

inPage("every picture can be saved, as SVG with its texts and as PNG", sample, async (page) => {
  const titles = {
    "Prompt, coloured by score": "Mary",
    "One part through the layers": "<polyline",
    "Parts by layer": "·Mary",
    Parts: "+4.294",
  };
  for (const [title, text] of Object.entries(titles)) {
    const svg = `${await saved(page, `Save “${title}” as SVG`)}`;
    assert.match(svg, /^<svg /);
    assert.ok(svg.includes(text) && svg.includes("<rect"), `${title}: ${svg}`);
    const png = await saved(page, `Save “${title}” as PNG`);
    assert.is(png.subarray(1, 4).toString(), "PNG");
    assert.ok(png.readUInt32BE(16) > 1000, "twice as wide as on the screen");
  }
});

const evil = [
  "</script><img src=x onerror=alert(1)>",
  "<svg/onload=alert(2)>",
  "\u202eabc",
  "\x1b[2J",
  "&lt;",
  "\u2028",
];

inPage("hostile text stays text", attributionOf(evil, [1, 2, 3, 4, 5, 6]), async (page) => {
  assert.is(await page.locator("img, svg, iframe").count(), 0);
  assert.equal(await page.locator(".piece").allInnerTexts(), [
    "</script><img src=x onerror=alert(1)>",
    "<svg/onload=alert(2)>",
    "<U+202E>abc",
    "<U+001B>[2J",
    "&lt;",
    "<U+2028>",
  ]);
  const svg = `${await saved(page, "Save “Prompt, coloured by score” as SVG")}`;
  assert.ok(svg.includes("&lt;/script&gt;&lt;img") && !svg.includes("<img"));
});

inPage("a text from right to left runs so", attributionOf(["שלום", " עולם"], [1, -1]), async (page) => {
  const [first, second] = await Promise.all([0, 1].map((i) => page.locator(".piece").nth(i).boundingBox()));
  assert.ok((first?.x ?? 0) > (second?.x ?? 0));
  await page.locator(".piece").first().focus();
  await page.keyboard.press("ArrowLeft");
  assert.match(await detail(page), "exactly -1");
});

const heads: Attribution = {
  ...sample,
  parts: [
    { name: "L0H0", score: 3 },
    { name: "L0H1", score: -1 },
  ],
  layers: [],
};

inPage("parts that are no tokens: the prompt without colours, the table with them", heads, async (page) => {
  assert.is(await page.locator(".piece").count(), 0);
  assert.ok((await page.locator(".strip").innerText()).startsWith("When Mary and John"));
  await page.getByRole("row", { name: "L0H1" }).hover();
  assert.match(await detail(page), "exactly -1");
});

for (const [name, look] of looks)
  inPage(
    `${name}: axe finds nothing, and the page is no wider than the window`,
    contrast,
    async (page) => {
      await piece(page, "·Mary").click();
      await isSound(page);
    },
    look,
  );

const long = attributionOf(
  Array.from({ length: 1024 }, (_, i) => ` w${i}`),
  Array.from({ length: 1024 }, (_, i) => Math.sin(i)),
);

/** Milliseconds from a pointer's arrival at a token until the page shows its value and has been laid out anew. */
const hoverTime = `(async (number) => {
  const start = performance.now();
  document.querySelectorAll(".piece")[number].dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  while (!document.getElementById("detail").innerText.includes("id " + number + " ")) await new Promise((r) => setTimeout(r));
  return performance.now() - start;
})`;

inPage("1,024 tokens: hovering is answered within 100 ms", long, async (page) => {
  const times: number[] = [];
  for (let i = 0; i < 9; i++) times.push(await page.evaluate<number>(`${hoverTime}(${100 * i + 7})`));
  const median = times.sort((a, b) => a - b)[4] as number;
  assert.ok(median < 100, `${median} ms`);
});

test.run();
