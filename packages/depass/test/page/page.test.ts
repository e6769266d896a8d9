// The page as somebody meets it, in a real browser.
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { report } from "../../src/page/report.ts";
import { type Attribution, toJson } from "../../src/result.ts";
import { attributionOf } from "../report/tokens.ts";
import { detail, inPages, isSound, type Look, looks, saved } from "./browser.ts";
import { contrast, piece, sample } from "./sample.ts";

const { test, inPage: inHtml } = inPages("the page in Chromium");

const inPage = (name: string, result: Attribution, use: (page: Page) => Promise<void>, look?: Look): void =>
  inHtml(name, report(result, { command: "depass attribute" }), use, look);

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

const evilText = "<img/src=x>";
const apart = { target: [0.5, 5, 0, -1, 0, 0, 0], foil: [0.625, 0.7062539, -0.5, 1.75, -0.25, 0, 0] };

inHtml(
  "the two sides of a contrast stand in the table, add up, and sort it",
  report(contrast, { apart }),
  async (page) => {
    const mary = page.locator(".parts tr[data-parts='1'] td.side");
    assert.equal(await mary.allInnerTexts(), ["+5.000", "+0.706"]);
    assert.equal(await page.locator(".parts tfoot .side").allInnerTexts(), ["+4.500", "+2.331"]);
    await page.getByRole("button", { name: "For ·Rome" }).click();
    assert.is((await names(page))[0], "·John");
    await page.getByRole("button", { name: "For ·Paris" }).click();
    assert.is((await names(page))[0], "·Mary");
  },
);

const words = {
  promotes: [
    { id: 1, text: " Rome", score: 2.5 },
    { id: 2, text: evilText, score: 1.25 },
  ],
  suppresses: [{ id: 3, text: " the", score: -3 }],
};
const worded = { ...sample, parts: sample.parts.map((p, i) => (i === 1 ? { ...p, ...words } : p)) };

inPage("what a part promotes and suppresses is told with it, and of all parts in a table", worded, async (page) => {
  const table = page.locator("section", { has: page.getByRole("heading", { name: "promotes and suppresses" }) });
  assert.equal(await table.getByRole("rowheader").allInnerTexts(), ["·Mary"]);
  assert.equal(await table.getByRole("cell").allInnerTexts(), ["·Rome +2.50 <img/src=x> +1.25", "·the -3.00"]);
  await piece(page, "·Mary").hover();
  assert.match(await detail(page), /promotes ·Rome \+2\.500 <img\/src=x> \+1\.250/);
  assert.match(await detail(page), "suppresses ·the -3.000");
  assert.is(await page.locator("img").count(), 0);
  await piece(page, "·John").hover();
  assert.not.match(await detail(page), "promotes");
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
    "One part through the layers": '<path class="line" d="M',
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
  assert.not.match(await page.locator("dl.facts").first().innerText(), "heads was not asked");
});

inPage(
  "the exact value is told in a narrow window, too",
  sample,
  async (page) => {
    await piece(page, "·Mary").click();
    assert.match(await detail(page), "exactly 4.2937461");
  },
  { width: 320 },
);

const background = (page: Page, what: string): Promise<string> =>
  page.evaluate<string>(`getComputedStyle(document.querySelector("${what}")).backgroundColor`);

inPage("where the reader has colours of their own, scores and bars keep theirs", sample, async (page) => {
  const coloured = [".strip [data-parts='1']", ".heat td", ".scale i", ".length.supports", ".length.opposes"];
  const before = await Promise.all(coloured.map((what) => background(page, what)));
  await page.emulateMedia({ forcedColors: "active" });
  assert.equal(await Promise.all(coloured.map((what) => background(page, what))), before);
});

inPage("nothing moves by itself, so there is nothing to hold still for who wants less motion", sample, async (page) => {
  await piece(page, "·Mary").hover();
  const moving = `[...document.querySelectorAll("*")].filter((e) => {
    const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(e);
    return transitionDuration !== "0s" || animationName !== "none" || scrollBehavior === "smooth";
  }).length + document.getAnimations().length`;
  assert.is(await page.evaluate<number>(moving), 0);
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

const long: Attribution = {
  ...attributionOf(
    Array.from({ length: 1024 }, (_, i) => ` w${i}`),
    Array.from({ length: 1024 }, (_, i) => Math.sin(i)),
  ),
  layers: Array.from({ length: 31 }, (_, l) => ({
    site: `layers.${l}.resid_pre`,
    scores: Array.from({ length: 1026 }, (_, i) => Math.sin(i * l)),
    explained: 1,
  })),
};

/** Milliseconds from a pointer's arrival at a token until the page shows its value and has been laid out anew. */
const hoverTime = `(async (number) => {
  const start = performance.now();
  document.querySelectorAll(".piece")[number].dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  while (!document.getElementById("detail").innerText.includes("id " + number + " ")) await new Promise((r) => setTimeout(r));
  return performance.now() - start;
})`;

inPage("1,024 tokens at 31 layers: hovering is answered within 100 ms", long, async (page) => {
  const times: number[] = [];
  for (let i = 0; i < 9; i++) times.push(await page.evaluate<number>(`${hoverTime}(${100 * i + 7})`));
  const median = times.sort((a, b) => a - b)[4] as number;
  assert.ok(median < 100, `${median} ms`);
});

test.run();
