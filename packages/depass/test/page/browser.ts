// A headless Chromium, where this machine has one, and what a test needs of it: pages from disk that must say nothing wrong.
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const places = [
  process.env.CHROMIUM ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Where a Chromium is. */
export const chromiumHere: string | undefined = places.find((path) => path !== "" && existsSync(path));

export type Look = { readonly colorScheme?: "light" | "dark"; readonly width?: number };

type Opened = {
  readonly page: Page;
  /** What the page complained of: errors, warnings, breaches of its policy, requests. */
  readonly complaints: readonly string[];
};

type Reader = {
  /** Writes the page to a file and opens it from there. */
  readonly open: (html: string, look?: Look) => Promise<Opened>;
  readonly close: () => Promise<void>;
};

const listened = (page: Page): readonly string[] => {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", async (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on("request", (request) => {
    if (/^(https?|wss?):/.test(request.url())) complaints.push(`asked for ${request.url()}`);
  });
  return complaints;
};

const opener =
  (browser: Browser, folder: string): Reader["open"] =>
  async (html, { colorScheme = "light", width = 1100 } = {}) => {
    const path = join(folder, "report.html");
    await writeFile(path, html);
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
    const complaints = listened(page);
    await page.goto(pathToFileURL(path).href);
    return { page, complaints };
  };

const startReader = async (executablePath: string): Promise<Reader> => {
  const folder = await mkdtemp(join(tmpdir(), "depass-page-"));
  // Its sandbox refuses to run as root, as CI does; the pages are our own.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  return {
    open: opener(browser, folder),
    close: async () => {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** A suite of tests in pages, each of which in the end has complained of nothing. */
export const inPages = (about: string) => {
  const test = suite(about);
  let reader: Reader | undefined;
  test.before(async () => {
    if (chromiumHere !== undefined) reader = await startReader(chromiumHere);
  });
  test.after(() => reader?.close());
  const inPage = (name: string, html: string, use: (page: Page) => Promise<void>, look?: Look): void =>
    test(name, async () => {
      if (reader === undefined) {
        console.log(`skipped: ${name}: no Chromium here`);
        return;
      }
      const { page, complaints } = await reader.open(html, look);
      await use(page);
      assert.equal(complaints, []);
      await page.close();
    });
  return { test, inPage };
};

/** The line that tells of what is pointed at. */
export const detail = (page: Page): Promise<string> => page.locator("#detail").innerText();

export const saved = async (page: Page, button: string): Promise<Buffer> => {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button }).click(),
  ]);
  return readFile(await download.path());
};

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] };

/** axe finds nothing, and the page is no wider than its window. */
export const isSound = async (page: Page): Promise<void> => {
  await page.evaluate(axe.source);
  const found = await page.evaluate<readonly Violation[]>("axe.run().then((r) => r.violations)");
  assert.equal(
    found.map(({ id, nodes }) => [id, nodes[0]?.html]),
    [],
  );
  assert.ok(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth"));
};

export const looks: readonly (readonly [string, Look])[] = [
  ["light", {}],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { width: 320 }], // also a window of 1280 at 400 %, as WCAG's reflow asks
];
