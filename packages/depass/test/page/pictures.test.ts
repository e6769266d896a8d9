// Pictures that leave the page: each of them whole, by itself, in the page's colours, without what is to be pressed or heard.
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { report } from "../../src/page/report.ts";
import { attributionOf } from "../report/tokens.ts";
import { inPages, type Look, saved } from "./browser.ts";
import { whole } from "./sample.ts";

const { test, inPage } = inPages("pictures from Chromium");

const titles = [
  "Prompt, coloured by score",
  "One part through the layers",
  "Parts by layer",
  "Heads and modules",
  "The strongest of them",
  "What each part promotes and suppresses",
  "Parts",
  "Rules compared",
];

type Seen = {
  readonly fault: boolean;
  /** Texts with their boxes' ends. */
  readonly texts: readonly {
    readonly text: string;
    readonly left: number;
    readonly right: number;
    readonly low: number;
  }[];
  readonly width: number;
  readonly height: number;
  readonly paper: string;
};

/** The picture as a browser draws it by itself. */
const seen = (page: Page, svg: string): Promise<Seen> =>
  page.evaluate<Seen>(`(() => {
    const parsed = new DOMParser().parseFromString(${JSON.stringify(svg)}, "image/svg+xml");
    const root = document.importNode(parsed.documentElement, true);
    root.style.cssText = "position: absolute; left: 0; top: 0";
    document.body.append(root);
    const own = root.getBoundingClientRect();
    const texts = [...root.querySelectorAll("text")].map((element) => {
      const box = element.getBoundingClientRect();
      return { text: element.textContent, left: box.left - own.left, right: box.right - own.left, low: box.bottom - own.top };
    });
    const paper = root.querySelector("rect").getAttribute("fill");
    root.remove();
    return { fault: parsed.querySelector("parsererror") !== null, texts, width: own.width, height: own.height, paper };
  })()`);

/** Said on the page and of no use in a picture. */
const PRESSED =
  /^(SVG|PNG|Copy|copied|Find|each layer on its own scale|sizes without signs|Name|Size)$|Point at another/;

const papers: readonly (readonly [string, Look, string])[] = [
  ["light", {}, "rgb(255, 255, 255)"],
  ["dark", { colorScheme: "dark" }, "rgb(28, 28, 32)"],
  ["narrow", { width: 360 }, "rgb(255, 255, 255)"],
];

for (const [name, look, paper] of papers)
  inPage(
    `${name}: each picture is well-formed, cuts no text off, and has nothing to press in it`,
    report([whole]),
    async (page) => {
      const buttons = await page
        .getByRole("button", { name: /^Save “.*SVG/ })
        .evaluateAll((all) => all.map((b) => /“(.*)”/.exec(b.getAttribute("aria-label") ?? "")?.[1]));
      assert.equal(buttons, titles);
      for (const title of titles) {
        const svg = `${await saved(page, `Save “${title}” as SVG`)}`;
        const found = await seen(page, svg);
        assert.not.ok(found.fault, title);
        assert.is(found.paper, paper, title);
        assert.ok(title.startsWith(found.texts[0]?.text.trim() ?? "?"), title); // in a narrow window in two lines
        for (const { text, left, right, low } of found.texts) {
          assert.ok(left >= 0 && right <= found.width && low <= found.height, `${title}: ${text} is cut off`);
          const isHead = title === "Parts" && text === "Size"; // a column of that table, and seen
          assert.ok(isHead || !PRESSED.test(text), `${title}: ${text}`);
        }
        assert.not.match(svg, /var\(|<button|onclick|data-unpictured/);
        const png = await saved(page, `Save “${title}” as PNG`);
        assert.ok(Math.abs(png.readUInt32BE(16) - 2 * found.width) <= 2, `${title} as PNG`);
      }
    },
    look,
  );

const onClipboard = `navigator.clipboard.read()
  .then(([item]) => item.getType("image/png"))
  .then((blob) => createImageBitmap(blob))
  .then(({ width, height }) => [width, height])`;

inPage("each picture can be copied, as large as it is saved", report([whole]), async (page) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  for (const title of titles) {
    const section = page.locator("section", { has: page.getByRole("heading", { name: title, exact: true }) });
    await section.getByRole("button", { name: `Copy “${title}” as PNG` }).click();
    await section.getByText("copied").waitFor();
    const png = await saved(page, `Save “${title}” as PNG`);
    assert.equal(await page.evaluate<readonly number[]>(onClipboard), [png.readUInt32BE(16), png.readUInt32BE(20)]);
  }
});

inPage("where the clipboard is denied, it is said", report([whole]), async (page) => {
  await page.evaluate("navigator.clipboard.write = () => Promise.reject(new Error('denied'))");
  await page.getByRole("button", { name: "Copy “Parts” as PNG" }).click();
  await page.getByText("the browser did not allow it: save it").waitFor();
});

inPage("the scale's middle, which is the paper's colour, has its frame", report([whole]), async (page) => {
  const svg = `${await saved(page, "Save “Prompt, coloured by score” as SVG")}`;
  const frame = await page.evaluate<string>(`getComputedStyle(document.querySelector(".scale")).borderTopColor`);
  assert.ok(svg.split(`fill="${frame}"`).length > 4, "four sides at least");
});

inPage(
  "a text from right to left runs so in its picture",
  report(attributionOf(["שלום", " עולם!"], [1, -1])),
  async (page) => {
    const svg = `${await saved(page, "Save “Prompt, coloured by score” as SVG")}`;
    assert.match(svg, /<text direction="rtl"[^>]*>שלום</);
    const places = (await seen(page, svg)).texts.filter(({ text }) => /[א-ת]/.test(text));
    assert.ok((places[0]?.left ?? 0) >= (places[1]?.right ?? 0) - 1, "the first word is right of the second");
  },
);

test.run();
