import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

// The driver's own types name the whole DOM, which no file of this project may use: here is what tests call.

export interface Browser {
  newPage(options?: {
    colorScheme?: 'light' | 'dark';
    viewport?: { width: number; height: number };
    javaScriptEnabled?: boolean;
  }): Promise<Page>;
  close(): Promise<void>;
}

export interface Page {
  on(event: 'console', hear: (message: { type(): string; text(): string }) => void): void;
  on(event: 'pageerror', hear: (error: Error) => void): void;
  on(event: 'dialog', hear: (dialog: { dismiss(): Promise<void> }) => void): void;
  route(url: string, answer: (route: Route) => Promise<void>): Promise<void>;
  goto(url: string): Promise<unknown>;
  /** @param script JavaScript that runs in the page; what it comes to has to fit into JSON */
  evaluate(script: string): Promise<unknown>;
  isVisible(selector: string): Promise<boolean>;
  textContent(selector: string): Promise<string | null>;
  fill(selector: string, text: string): Promise<void>;
  emulateMedia(options: { media: 'screen' | 'print' }): Promise<void>;
  pdf(options: { format: 'A4' }): Promise<Buffer>;
  readonly keyboard: { press(key: string): Promise<void> };
  close(): Promise<void>;
}

interface Route {
  request(): { url(): string };
  fulfill(answer: { contentType: string; body: string }): Promise<void>;
}

const CHROMIUM = '/usr/bin/chromium';

/** Debian's Chromium without a window, driven by playwright-core. */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing: lab/install-packages installs it`);
  const { chromium } = createRequire(import.meta.url)('playwright-core') as {
    chromium: { launch(options: object): Promise<Browser> };
  };
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'], timeout: 120_000 });
}

/** What a page did that a report must not do. */
export interface Misdeeds {
  readonly complaints: string[];
  readonly requests: string[];
}

const ADDRESS = 'http://report.test/';

/** Shows a report as a web server would, and writes down what the page complains of and asks the network for. */
export async function show(page: Page, html: string): Promise<Misdeeds> {
  const misdeeds: Misdeeds = { complaints: [], requests: [] };
  page.on('console', (message) => misdeeds.complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => misdeeds.complaints.push(error.message));
  page.on('dialog', (dialog) => {
    misdeeds.complaints.push('a dialog');
    void dialog.dismiss();
  });
  // What the page's policy stops does not come so far.
  await page.route('**/*', (route) => {
    if (route.request().url() !== ADDRESS) misdeeds.requests.push(route.request().url());
    return route.fulfill({ contentType: 'text/html; charset=utf-8', body: html });
  });
  await page.goto(ADDRESS);
  return misdeeds;
}
