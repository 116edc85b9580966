/** A real browser: Debian's Chromium, installed where it is missing, and what the page says in it. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { atEnd } from "./at-end.ts";
import { debianProgram } from "./debian.ts";

const PROGRAM = "chromium-headless-shell";

// The processes that it starts are its own file again, so it is not started through another suite's loader.
const installed = dirname(dirname(debianProgram({ package: PROGRAM, program: PROGRAM })));

let launched: Promise<Browser> | undefined;

/** One browser for the test files of a process; where it was closed after one of them, the next has another. */
async function browser(): Promise<Browser> {
  if ((await launched)?.isConnected() === false) launched = undefined;
  launched ??= chromium.launch({
    executablePath: join(installed, "usr/lib/chromium", PROGRAM),
    env: {
      PATH: process.env.PATH ?? "",
      HOME: installed,
      LD_LIBRARY_PATH: readFileSync(join(installed, "libraries"), "utf8").trim(),
    },
  });
  return launched;
}
atEnd(async () => (await launched)?.close());

/** Sizes that the page is made for. */
export const SIZES = {
  phone: { width: 360, height: 740 },
  laptop: { width: 1280, height: 800 },
  wall: { width: 3840, height: 2160 },
} as const;

export interface VisitOptions {
  /** Signs in with it first, as a reader does. */
  readonly token?: string;
  readonly path?: string;
  readonly theme?: "light" | "dark";
  readonly size?: keyof typeof SIZES;
  readonly zone?: string;
  readonly context?: BrowserContextOptions;
}

/** Somebody who looks at the page, with a browser that knows nothing of it yet. */
export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** What the page has said on the console, what failed in it, what its policy refused, and what it asked of others. */
  readonly said: string[];
  go(path: string): Promise<void>;
}

/** Opens the page of a service. */
export async function visit(url: string, options: VisitOptions = {}): Promise<Visit> {
  const { token, path = "/", theme = "light", size = "laptop", zone = "UTC" } = options;
  const context = await (await browser()).newContext({
    viewport: SIZES[size],
    colorScheme: theme,
    timezoneId: zone,
    locale: "en-GB",
    ...options.context,
  });
  const page = await context.newPage();
  const said = heardFrom(page, url);
  await page.goto(`${url}${path}`);
  if (token !== undefined) await signIn(page, token);
  return {
    page,
    said,
    go: async (to) => void (await page.goto(`${url}${to}`)),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** Types a token, and waits until it was taken. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Views" }).waitFor();
}

function heardFrom(page: Page, url: string): string[] {
  const said: string[] = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`threw: ${error.message}`));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== url) said.push(`asked ${request.url()}`);
  });
  return said;
}

/** What axe finds wrong with what is shown, each with where. */
export async function flawsFor(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`),
  );
}

/** Whether something is wider than the screen. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

/** Keeps a picture where `PICTURES` says, to be looked at, and the same for the docs; nowhere by default. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.PICTURES;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 60 });
  writeFileSync(join(folder, `${name}.webp`), Buffer.from(data, "base64"));
  await session.detach();
}
