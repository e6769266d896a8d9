// The page as somebody meets it: built by Vite, served, and opened in Chromium, with a WebGPU (in software) and without.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { type AttributionJson, attribute, load } from "depass";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { build, type PreviewServer, preview } from "vite";
import { chromiumHere } from "../../../packages/depass/test/page/browser.ts";

const test = suite("the page of examples/browser");
const root = fileURLToPath(new URL("..", import.meta.url));
const LONG = 60_000; // milliseconds; the adapter is software, and others may use the machine

/** Chromium's own SwiftShader, where no GPU is. */
const software = [
  "--enable-unsafe-webgpu",
  "--enable-features=Vulkan",
  "--use-webgpu-adapter=swiftshader",
  "--use-vulkan=swiftshader",
  "--use-angle=swiftshader",
];
const none = ["--disable-features=WebGPU", "--disable-gpu"];

type Site = { readonly server: PreviewServer; readonly folder: string; readonly url: string };
let site: Site | undefined;

test.before(async () => {
  if (chromiumHere === undefined) return;
  const folder = await mkdtemp(join(tmpdir(), "depass-browser-"));
  const common = { root, configFile: false, logLevel: "error", build: { outDir: folder, emptyOutDir: true } } as const;
  await build({ ...common, base: "./" });
  const server = await preview({ ...common, preview: { host: "127.0.0.1", port: 0 } });
  site = { server, folder, url: server.resolvedUrls?.local[0] ?? "" };
});
test.after(async () => {
  await site?.server.close();
  if (site !== undefined) await rm(site.folder, { recursive: true, force: true });
});

type Setting = { readonly flags: readonly string[]; readonly look?: BrowserContextOptions };

/** What the page complained of: errors, breaches of policies, dialogs, requests to anybody else. */
const listened = (page: Page, url: string): readonly string[] => {
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (/^(https?|wss?):/.test(request.url()) && !request.url().startsWith(url))
      complaints.push(`asked for ${request.url()}`);
  });
  return complaints;
};

const inPage = (name: string, { flags, look = {} }: Setting, use: (page: Page) => Promise<void>): void =>
  test(name, async () => {
    if (site === undefined) return console.log(`skipped: ${name}: no Chromium here`);
    const browser: Browser = await chromium.launch({
      executablePath: chromiumHere as string,
      args: ["--no-sandbox", ...flags],
    });
    try {
      const page = await browser.newPage(look);
      const complaints = listened(page, site.url);
      await page.goto(site.url);
      if (
        flags === software &&
        !(await page.evaluate<boolean>("navigator.gpu?.requestAdapter().then(Boolean) ?? false"))
      )
        return console.log(`skipped: ${name}: this Chromium has no WebGPU adapter`);
      await use(page);
      assert.equal(complaints, []);
    } finally {
      await browser.close();
    }
  });

const textOf = async (found: Locator): Promise<string> => (await found.textContent()) ?? "";
const status = (page: Page): Promise<string> => textOf(page.getByRole("status").first());
const trouble = (page: Page): Promise<string> => textOf(page.getByRole("alert"));
const idle = (page: Page) =>
  page.waitForFunction("!document.getElementById('explain').disabled", null, { timeout: LONG });

const explain = async (page: Page, prompt?: string): Promise<void> => {
  if (prompt !== undefined) await page.getByLabel("Prompt").fill(prompt);
  await page.getByRole("button", { name: "Explain" }).click();
  await idle(page);
};

/** What the report in the frame was drawn from, and its table. */
const shown = async (page: Page) => {
  const frame = page.frameLocator("iframe");
  await frame.locator(".parts tbody tr").first().waitFor({ timeout: LONG });
  const data = JSON.parse((await frame.locator("#data").textContent()) ?? "") as {
    readonly sheets: readonly [{ readonly result: AttributionJson }];
  };
  return { result: data.sheets[0].result, rows: await frame.locator(".parts tbody th").allInnerTexts() };
};

type Scored = Pick<AttributionJson, "parts" | "layers">;

/** The scores of all parts, then those at each layer. */
const numbersOf = ({ parts, layers = [] }: Scored): readonly number[] => [
  ...parts.map((part) => part.score),
  ...layers.flatMap(({ scores }) => scores),
];

const sameAsNode = async (page: Page, prompt: string): Promise<void> => {
  const { result, rows } = await shown(page);
  const model = await load();
  const expected = await attribute(model, prompt, { layers: true, backend: { backend: "reference" } });
  await model.close();
  assert.is(result.target.id, expected.target.id);
  assert.is(result.parts.length, expected.parts.length);
  assert.is(rows.length, expected.parts.length);
  const [here, there] = [numbersOf(result), numbersOf(expected)];
  assert.is(here.length, there.length);
  const farthest = Math.max(...there.map((score, i) => Math.abs(score - (here[i] as number))));
  assert.ok(farthest < 1e-4, `${farthest} from what Node computes`);
};

const KING = "The king of Rivland rules from";

inPage(
  "on WebGPU: the scores that Node computes in f64, and again for another prompt",
  { flags: software },
  async (page) => {
    await explain(page);
    assert.match(await status(page), /^"Nonova", in [\d.]+ s on WebGPU, ./);
    await sameAsNode(page, KING);
    await explain(page, "The king of Rivland");
    await sameAsNode(page, "The king of Rivland");
  },
);

inPage("without WebGPU: what to do, and the same in plain JavaScript if one wants", { flags: none }, async (page) => {
  await explain(page);
  assert.match(await trouble(page), /^WebGPU: expected an? .*; take Chrome or Edge/);
  assert.is(await page.locator("iframe").count(), 0);
  await page.getByRole("button", { name: "plain JavaScript" }).click();
  await idle(page);
  assert.match(await status(page), "on plain JavaScript");
  await sameAsNode(page, KING);
});

const javascript = async (page: Page): Promise<void> => {
  await explain(page);
  await page.getByRole("button", { name: "plain JavaScript" }).click();
  await idle(page);
};

inPage("words it does not know: where, which are near, and texts stay texts", { flags: none }, async (page) => {
  await javascript(page);
  await explain(page, "The kong of Rivland");
  assert.match(
    await trouble(page),
    'at characters 4 to 8: expected a word of the vocabulary, got "kong"; near it: "king"',
  );
  const hostile = '<img src=x onerror="alert(1)"></script><script>alert(2)</script> \u202e';
  await explain(page, hostile);
  assert.match(await trouble(page), "<img src=x onerror=");
  assert.is(await page.locator("main img, main script").count(), 0);
  assert.is(await page.locator("iframe").count(), 0);
  await explain(page, "");
  assert.match(await trouble(page), "prompt: expected some text, got none");
  await explain(page, KING);
  assert.is(await trouble(page), "");
  await sameAsNode(page, KING);
});

const demo = (name: string): string => fileURLToPath(new URL(`../../../packages/depass/demo/${name}`, import.meta.url));

inPage(
  "a checkpoint of one's own: without its weights a fault, with them the same scores",
  { flags: none },
  async (page) => {
    const files = page.getByLabel("Your own checkpoint");
    await files.setInputFiles(["config.json", "tokenizer.json"].map(demo));
    await explain(page);
    assert.match(await trouble(page), "your checkpoint: expected model.safetensors or model.safetensors.index.json");
    await files.setInputFiles(["config.json", "tokenizer.json", "model.safetensors"].map(demo));
    await javascript(page);
    const { result } = await shown(page);
    assert.is(result.model.path, "your checkpoint");
    await sameAsNode(page, KING);
  },
);

inPage("Stop ends what is computed, and the next question is answered", { flags: none }, async (page) => {
  await javascript(page);
  await page.getByLabel("Prompt").fill(Array.from({ length: 60 }, () => "king").join(" "));
  await page.getByRole("button", { name: "Explain" }).click();
  await page.getByRole("button", { name: "Stop" }).click();
  assert.is(await status(page), "stopped");
  await explain(page, KING);
  await sameAsNode(page, KING);
});

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] };

const looks: Readonly<Record<string, BrowserContextOptions>> = {
  light: {},
  dark: { colorScheme: "dark" },
  narrow: { viewport: { width: 380, height: 800 } },
};

for (const [name, look] of Object.entries(looks))
  inPage(`${name}: axe finds nothing, and nothing is wider than the window`, { flags: none, look }, async (page) => {
    const check = async (): Promise<void> => {
      for (const frame of page.frames()) {
        await frame.evaluate(axe.source);
        const found = await frame.evaluate<readonly Violation[]>("axe.run().then((r) => r.violations)");
        assert.equal(
          found.map(({ id, nodes }) => [id, nodes[0]?.html]),
          [],
        );
        assert.ok(await frame.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth"));
      }
    };
    await explain(page);
    await check();
    await javascript(page);
    await shown(page);
    await check();
  });

test.run();
