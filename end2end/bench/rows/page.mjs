// The first page of a browser that has never been here: bytes, requests, and when it can be used.

import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { withPage } from '../lib/browser.mjs';
import { ROOT, Server } from '../lib/server.mjs';
import { median, sleep, times } from '../lib/stats.mjs';

export const name = 'page';

/** Notes in the page when it becomes alive and when the first field can be typed into. */
function watch() {
  globalThis.seen = {};
  const look = () => {
    const at = performance.now();
    if (document.body?.dataset.hydrated) globalThis.seen.hydrated ??= at;
    const first = document.querySelector('input[data-testid^="field-"]');
    if (document.body?.dataset.hydrated && first && !first.disabled) globalThis.seen.usable ??= at;
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true });
}

async function load(page, url) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  const kinds = {};
  const types = new Map();
  let bytes = 0;
  let requests = 0;
  cdp.on('Network.responseReceived', ({ requestId, type }) => types.set(requestId, type));
  cdp.on('Network.requestWillBeSent', ({ redirectResponse, request }) => {
    if (request.url.startsWith('data:')) return;
    requests += 1;
    bytes += redirectResponse?.encodedDataLength ?? 0;
  });
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    bytes += encodedDataLength;
    const kind = types.get(requestId) ?? 'Other';
    kinds[kind] = (kinds[kind] ?? 0) + encodedDataLength;
  });
  await page.goto(url);
  await page.waitForFunction(() => globalThis.seen.usable);
  await page.waitForLoadState('networkidle');
  await sleep(200);
  const seen = await page.evaluate(() => ({
    ...globalThis.seen,
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
    tasks: performance.now(),
  }));
  await cdp.detach();
  return { bytes, requests, kinds, ...seen };
}

export async function run({ browser, workspace, quick }) {
  const folder = workspace.folder('page', {
    'train.py': readFileSync(join(ROOT, 'examples/digits/train.py'), 'utf8'),
  });
  const server = await Server.start(folder, 'train.py');
  try {
    const loads = await times(quick ? 2 : 5, () =>
      withPage(browser, async (page) => {
        await page.addInitScript(watch);
        const cold = await load(page, server.url);
        const warm = await load(page, server.url);
        return { cold, warm };
      }),
    );
    const of = (which, what) => loads.map((sample) => sample[which][what]);
    const kinds = Object.entries(loads[0].cold.kinds)
      .map(([kind, size]) => `${kind.toLowerCase()} ${(size / 1000).toFixed(1)}`)
      .join(', ');
    const row = (what, samples, unit, rest = {}) => ({ what, value: median(samples), unit, samples, ...rest });
    return [
      row('first page: transferred, compressed', of('cold', 'bytes').map((bytes) => bytes / 1000), 'kB', { budget: 350, note: kinds }),
      row('first page: requests', of('cold', 'requests'), ''),
      row('first page: first paint', of('cold', 'paint'), 'ms'),
      row('first page: alive (hydrated)', of('cold', 'hydrated'), 'ms'),
      row('first page: first field usable', of('cold', 'usable'), 'ms', { budget: 500 }),
      row('second load: transferred', of('warm', 'bytes').map((bytes) => bytes / 1000), 'kB'),
      row('second load: first field usable', of('warm', 'usable'), 'ms'),
    ];
  } finally {
    await server.stop();
  }
}
