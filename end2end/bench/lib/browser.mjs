// One Chromium for all rows, and the few things rows do with pages.

import { chromium } from '@playwright/test';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ARGS });
}

/** Runs `use(page)` with a page in a fresh profile, and fails if the page printed an error. */
export async function withPage(browser, use) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US' });
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  try {
    const result = await use(page, context);
    if (errors.length > 0) throw new Error(`the page broke: ${errors.join('; ')}`);
    return result;
  } finally {
    await context.close();
  }
}

/** Opens a path of a server and waits until the page is alive. */
export async function open(page, server, path = '/') {
  await page.goto(server.url);
  await page.waitForSelector('body[data-hydrated]');
  if (path !== '/') {
    await page.goto(server.origin + path);
    await page.waitForSelector('body[data-hydrated]');
  }
}

/** The text field of a parameter. */
export const field = (page, key) => page.getByTestId(`field-${key}`);

/** Collects the longest pause between two frames from now on; read it with `longestPause`. */
export async function watchFrames(page) {
  await page.evaluate(() => {
    let last = performance.now();
    globalThis.longestPause = 0;
    const frame = () => {
      const at = performance.now();
      globalThis.longestPause = Math.max(globalThis.longestPause, at - last);
      last = at;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

export const longestPause = (page) => page.evaluate(() => globalThis.longestPause);

/** The memory of the page's own heap (JavaScript and WebAssembly), MiB. */
export async function pageMemory(page) {
  const cdp = await page.context().newCDPSession(page);
  const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await cdp.send('Runtime.getHeapUsage');
  await cdp.detach();
  return (usedSize + embedderHeapUsedSize + backingStorageSize) / 1024 / 1024;
}
