// The page on paper: nothing is cut off, nothing asks to be pressed, and every sheet of a table has its head.
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import type { Maps } from "../../src/maps.ts";
import { report } from "../../src/page/report.ts";
import type { Attribution } from "../../src/result.ts";
import { attributionOf } from "../report/tokens.ts";
import { inPages } from "./browser.ts";
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
  assert.ok(await page.getByText("Choose a token").isVisible());
  await onPaper(page);
  for (const what of ["Choose a token", "explained by", "Find"])
    assert.not.ok(await page.getByText(what).first().isVisible(), what);
  assert.ok(await page.getByText("Below is what explains them together").isVisible());
});

inPage(
  "of several results the list is printed, all of its rows, and the one that is shown",
  report(count(40, () => one)),
  async (page) => {
    await onPaper(page);
    assert.ok(await page.locator(".results tbody tr").last().isVisible());
    const [list, last] = await Promise.all(
      [".few", ".results tbody tr:last-child"].map((what) => page.locator(what).boundingBox()),
    );
    const bottom = (box: typeof list): number => (box?.y ?? 0) + (box?.height ?? 0);
    assert.ok(bottom(list) + 1 >= bottom(last), "nothing scrolls on paper");
    assert.not.ok(await page.locator("nav").getByRole("searchbox").isVisible());
  },
);

inPage("the head that sheets repeat has no boxes of its own, which would be left out", report(large), async (page) => {
  await onPaper(page);
  const displays = await ofAll<string>(page, "thead button", "getComputedStyle(element).display");
  assert.ok(displays.length > 3 && displays.every((display) => display === "contents"));
  const positions = await ofAll<string>(page, "thead th", "getComputedStyle(element).position");
  assert.ok(positions.length > LAYERS && positions.every((position) => position === "static"));
});

test.run();
