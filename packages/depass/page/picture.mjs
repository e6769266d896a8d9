// A report as a picture for the documents: `node packages/depass/page/picture.mjs REPORT.html OUT.png`. Needs a Chromium at a
// usual place, or in CHROMIUM.

import { argv, env } from "node:process";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [report = "", out = ""] = argv.slice(2);
const browser = await chromium.launch({
  executablePath: env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"], // it refuses to run as root with one, as in a container
});
const page = await browser.newPage({ colorScheme: "light", viewport: { width: 1000, height: 1000 } });
await page.goto(pathToFileURL(report).href);
await page.locator(".piece").nth(1).hover();
await page.screenshot({ path: out });
await browser.close();
