// From a byte that a task writes to the row in the browser, at 20 lines per second.

import { open, withPage } from '../lib/browser.mjs';
import { TICKER } from '../lib/scripts.mjs';
import { Server } from '../lib/server.mjs';
import { median, quantile } from '../lib/stats.mjs';
import { createAndShow, ended, run as start } from '../lib/tasks.mjs';

export const name = 'latency';

const RATE = 20;

/** Notes for every line when it stood in the page and when the frame with it was over, on the clock of the machine. */
function watch() {
  globalThis.lines = [];
  const known = new Set();
  const clock = () => performance.timeOrigin + performance.now();
  new MutationObserver((changes) => {
    const at = clock();
    const fresh = [];
    const look = (text) => {
      for (const [, stamp] of text.matchAll(/@(\d{19})@/g)) {
        if (known.has(stamp)) continue;
        known.add(stamp);
        const line = { written: Number(BigInt(stamp) / 1000n) / 1000, at };
        fresh.push(line);
        globalThis.lines.push(line);
      }
    };
    for (const change of changes) {
      for (const node of change.addedNodes) look(node.textContent ?? '');
      if (change.type === 'characterData') look(change.target.textContent ?? '');
    }
    if (fresh.length === 0) return;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => fresh.forEach((line) => (line.painted = clock()));
      channel.port2.postMessage(0);
    });
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}

export async function run({ browser, workspace, quick }) {
  const lines = quick ? 60 : 400;
  const folder = workspace.folder('latency', { 'ticker.py': TICKER });
  const server = await Server.start(folder, 'ticker.py');
  try {
    const samples = await withPage(browser, async (page) => {
      await open(page, server);
      const id = await createAndShow(page, server, { lines, rate: RATE });
      await page.evaluate(watch);
      await start(server, id);
      await ended(server, id);
      await page.waitForFunction((lines) => globalThis.lines.length >= lines && globalThis.lines.every((line) => line.painted), lines);
      return page.evaluate(() => globalThis.lines);
    });
    // The first second belongs to the opening of the log.
    const steady = samples.filter(({ written }) => written > samples[0].written + 1000);
    const shown = steady.map(({ written, at }) => at - written);
    const painted = steady.map(({ written, painted }) => painted - written);
    return [
      { what: 'log line written to row in the page, p50', value: median(shown), unit: 'ms', budget: 20, samples: shown },
      { what: 'log line written to row in the page, p99', value: quantile(shown, 0.99), unit: 'ms', budget: 60 },
      { what: 'log line written to painted frame, p50', value: median(painted), unit: 'ms' },
      { what: 'log line written to painted frame, p99', value: quantile(painted, 0.99), unit: 'ms' },
    ];
  } finally {
    await server.stop();
  }
}
