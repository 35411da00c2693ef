// From a key to the updated preview, with 8 axes and 10^9 points.

import { field, open, withPage } from '../lib/browser.mjs';
import { EIGHT_AXES } from '../lib/scripts.mjs';
import { Server } from '../lib/server.mjs';
import { median, quantile } from '../lib/stats.mjs';

export const name = 'preview';

/** 10^7 points of seven axes; the eighth, `h`, gets 10 or 100 values. */
const TEN = '1:10';

/** Notes each key that changes the field, when the count followed, and when the next frame was over. */
function watch() {
  globalThis.keys = [];
  let open = null;
  addEventListener(
    'input',
    // `timeStamp` is when the browser got the key, so waiting for the page's own work counts.
    (event) => (open = { begin: event.timeStamp, handled: performance.now() }),
    { capture: true },
  );
  const count = document.querySelector('[data-testid=preview-count]');
  new MutationObserver(() => {
    if (!open) return;
    const sample = { ...open, changed: performance.now(), text: count.textContent };
    open = null;
    globalThis.keys.push(sample);
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => (sample.painted = performance.now());
      channel.port2.postMessage(0);
    });
  }).observe(count, { childList: true, subtree: true, characterData: true });
}

export async function run({ browser, workspace, quick }) {
  const folder = workspace.folder('preview', { 'axes.py': EIGHT_AXES });
  const server = await Server.start(folder, 'axes.py');
  try {
    const samples = await withPage(browser, async (page) => {
      await open(page, server);
      for (const key of 'abcdefg') await field(page, key).fill(TEN);
      await field(page, 'h').fill('1:100');
      await page.waitForFunction(() => /1.000.000.000/.test(document.querySelector('[data-testid=preview-count]').textContent));
      await page.evaluate(watch);
      await field(page, 'h').press('End');
      const wanted = quick ? 10 : 50;
      for (let n = 0; n < wanted; n += 1) {
        // Between 10^8 and 10^9 points, then back.
        await page.keyboard.press(n % 2 === 0 ? 'Backspace' : '0');
        await page.waitForFunction((n) => globalThis.keys.length > n && globalThis.keys[n].painted, n);
      }
      return page.evaluate(() => globalThis.keys);
    });
    const spans = (to) => samples.map((sample) => sample[to] - sample.begin);
    const changed = spans('changed');
    const painted = spans('painted');
    const own = samples.map(({ handled, changed }) => changed - handled);
    return [
      { what: 'preview, 8 axes, 10^9 points: key to new count, p50', value: median(changed), unit: 'ms', budget: 16, samples: changed, note: `of this in the page's own code ${median(own).toFixed(1)} ms` },
      { what: 'preview: key to new count, p99', value: quantile(changed, 0.99), unit: 'ms', budget: 16 },
      { what: 'preview: key to painted frame, p50', value: median(painted), unit: 'ms', samples: painted },
      { what: 'preview: key to painted frame, p99', value: quantile(painted, 0.99), unit: 'ms' },
    ];
  } finally {
    await server.stop();
  }
}
