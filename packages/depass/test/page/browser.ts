// A headless Chromium, where this machine has one, and what a test needs of it: pages from disk that must say nothing wrong.
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

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

export type Opened = {
  readonly page: Page;
  /** What the page complained of: errors, warnings, breaches of its policy, requests. */
  readonly complaints: readonly string[];
};

export type Reader = {
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

export const startReader = async (executablePath: string): Promise<Reader> => {
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
