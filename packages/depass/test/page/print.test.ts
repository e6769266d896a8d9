// The page on paper: nothing is cut off, nothing asks to be pressed, and every sheet of a table has its head.
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import type { Maps } from "../../src/maps.ts";
import { report } from "../../src/page/report.ts";
import type { Attribution } from "../../src/result.ts";
import { attributionOf } from "../report/tokens.ts";
import { inPages, saved } from "./browser.ts";
import { layer } from "./sample.ts";
import { writtenOf } from "./written.ts";

const { test, inPage } = inPages("the page on paper, in Chromium");

const [LAYERS, HEADS, TOKENS] = [81, 64, 60];

const count = <A>(length: number, of: (i: number) => A): readonly A[] => Array.from({ length }, (_, i) => of(i));

const texts = count(TOKENS, (i) => (i % 9 === 0 ? ` a-token-of-many-letters-${i}` : ` t${i}`));
const one = attributionOf(
  texts,
  texts.map((_, i) => Math.sin(i)),
);
const large: Attribution = {
  ...one,
  layers: count(LAYERS, (l) =>
    layer(
      `layers.${l}.resid_pre`,
      one.parts.map(({ score }) => score * Math.cos(l)),
    ),
  ),
};
const many = attributionOf(
  count(300, (i) => ` t${i}`),
  count(300, Math.sin),
);
const { seed: _, parts: _p, total: _t, states: _s, layers: _l, ...rest } = large;
const maps: Maps = {
  ...rest,
  heads: count(LAYERS, (l) => count(HEADS, (h) => Math.sin(l * HEADS + h))),
  attention: count(LAYERS, Math.cos),
  mlp: count(LAYERS, Math.sin),
};

const ofAll = <A>(page: Page, what: string, measure: string): Promise<readonly A[]> =>
  page.evaluate<readonly A[]>(`[...document.querySelectorAll("${what}")].map((element) => ${measure})`);

/** An A4 sheet without its margins, in the browser's pixels. */
const SHEET = { width: 703, height: 1000 };

const onPaper = async (page: Page): Promise<void> => {
  await page.setViewportSize(SHEET);
  await page.emulateMedia({ media: "print" });
};

inPage("maps of 81 layers and 64 heads are whole, the last column too", report(large, { maps }), async (page) => {
  await onPaper(page);
  const edges = await ofAll<number>(page, ".heat tr > :last-child", "element.getBoundingClientRect().right");
  assert.ok(edges.length > TOKENS + LAYERS);
  assert.ok(Math.max(...edges) <= SHEET.width, `${Math.max(...edges)} of ${SHEET.width}`);
});

inPage("what is to be pressed or pointed at is not printed", report(writtenOf(["The"], [" sun"])), async (page) => {
  assert.ok(await page.getByText("Press a token").isVisible());
  await onPaper(page);
  for (const what of ["Press a token", "explained by", "Find"])
    assert.not.ok(await page.getByText(what).first().isVisible(), what);
  assert.ok(await page.getByText("Below is what explains them together").isVisible());
});

inPage(
  "of several results the list is printed, all of its rows, the one that is shown, and how to have all",
  report(count(40, () => one)),
  async (page) => {
    assert.not.ok(await page.getByText("Number 1 of 40 follows.").isVisible());
    await onPaper(page);
    assert.ok(await page.getByText("Number 1 of 40 follows. “Print all” on the page").isVisible());
    assert.ok(await page.locator(".results tbody tr").last().isVisible());
    const [list, last] = await Promise.all(
      [".few", ".results tbody tr:last-child"].map((what) => page.locator(what).boundingBox()),
    );
    const bottom = (box: typeof list): number => (box?.y ?? 0) + (box?.height ?? 0);
    assert.ok(bottom(list) + 1 >= bottom(last), "nothing scrolls on paper");
    for (const what of [page.locator("nav").getByRole("searchbox"), page.getByRole("button", { name: /^Print all/ })])
      assert.not.ok(await what.isVisible());
  },
);

/** Results that each have a question of their own, the last of them a written text. */
const asked = [
  ...count(199, (i) => ({ ...one, target: { ...one.target, text: ` answer${i}` } })),
  writtenOf(["The"], [" sun", " sets"]),
];

/** What would be on paper if the reader pressed Print: for a test the browser has no dialog. */
const printed = async (page: Page, press: () => Promise<void>): Promise<readonly string[]> => {
  await page.evaluate("globalThis.print = () => (document.title = 'printed')");
  await press();
  while ((await page.title()) !== "printed") await page.waitForTimeout(20);
  await page.emulateMedia({ media: "print" });
  const headings = await ofAll<string>(
    page,
    "h1",
    "element.offsetHeight > 0 && element.innerText.replace(/\\s+/g, ' ')",
  );
  await page.emulateMedia({ media: null });
  return headings.filter(Boolean);
};

inPage("all of 200 results on paper, each once and whole; afterwards they are gone", report(asked), async (page) => {
  const headings = await printed(page, () => page.getByRole("button", { name: "Print all 200" }).click());
  assert.equal(headings, [...count(199, (i) => `Why answer${i}?`), "Why sun sets?"]);
  assert.equal(new Set(await ofAll<string>(page, "[id]", "element.id")).size, await page.locator("[id]").count());
  await page.emulateMedia({ media: "print" });
  const numbers = await ofAll<string>(page, ".paper > div", "getComputedStyle(element, '::before').content");
  assert.equal([numbers[0], numbers[199]], ['"Number 1"', '"Number 200"']);
  const tables = await ofAll<number>(page, ".paper table.parts tbody", "element.rows.length");
  assert.equal([tables.length, tables[0], tables.at(-1)], [200, one.parts.length, 4]);
  await page.evaluate("dispatchEvent(new Event('afterprint'))");
  assert.is(await page.locator(".paper").count(), 0);
  await page.emulateMedia({ media: "print" });
  assert.is(await page.getByRole("heading", { level: 1 }).count(), 1);
});

inPage("those that were searched, in the order of the list", report(asked), async (page) => {
  await page.locator("nav").getByRole("searchbox").fill("answer19");
  await page.locator("nav").getByRole("button", { name: "#" }).click();
  const headings = await printed(page, () => page.getByRole("button", { name: "Print all 10" }).click());
  assert.equal(headings, [...count(9, (i) => `Why answer${198 - i}?`), "Why answer19?"]);
});

inPage("while they are drawn the page answers: whoever stops it prints nothing", report(asked), async (page) => {
  await page.evaluate("globalThis.print = () => (document.title = 'printed')");
  await page.getByRole("button", { name: "Print all 200" }).click();
  await page.getByRole("button", { name: /^Stop: \d+ of 200 are ready/ }).click();
  await page.getByRole("button", { name: "Print all 200" }).waitFor();
  assert.is(await page.locator(".paper").count(), 0);
  assert.is.not(await page.title(), "printed");
});

inPage("a table that is cut or searched says so on paper and in its picture", report(many), async (page) => {
  const parts = page.locator("section", { has: page.locator("table.parts") });
  const cut = "The first 200 of 302 parts are shown.";
  await onPaper(page);
  assert.ok(await parts.getByText(cut).isVisible());
  await page.emulateMedia({ media: null });
  assert.match(`${await saved(page, "Save “Parts” as SVG")}`, cut);
  await parts.getByRole("searchbox").fill("t29");
  await onPaper(page);
  assert.ok(await parts.getByText("Those in which “t29” is: 11 of 302 parts.").isVisible());
});

inPage("the head that sheets repeat has no boxes of its own, which would be left out", report(large), async (page) => {
  await onPaper(page);
  const displays = await ofAll<string>(page, "thead button", "getComputedStyle(element).display");
  assert.ok(displays.length > 3 && displays.every((display) => display === "contents"));
  const positions = await ofAll<string>(page, "thead th", "getComputedStyle(element).position");
  assert.ok(positions.length > LAYERS && positions.every((position) => position === "static"));
});

test.run();
