// What a server costs that nobody uses: memory, CPU time and wake-ups with a page open.

import { open, withPage } from '../lib/browser.mjs';
import { activity, difference, memory } from '../lib/processes.mjs';
import { Server } from '../lib/server.mjs';
import { sleep } from '../lib/stats.mjs';
import { TRUE } from '../lib/tasks.mjs';

export const name = 'idle';

const SECONDS = 10;
/** Longer than the 10 s that unused worker threads live, so that the same threads are there before and after. */
const SETTLE_MS = 12_000;
/** Pages that a person leaves open. */
const PAGES = ['/', '/runs', '/monitor'];

export async function run({ browser, projects, quick }) {
  const folder = await projects.with(5000);
  const server = await Server.start(folder, 'x.py', { python: TRUE });
  try {
    // Complete when the list is: requests wait for the load.
    await server.json('/api/v1/tasks');
    await sleep(SETTLE_MS);
    const { rss, pss, anonymous } = memory(server.pid);
    const rows = [
      { what: 'idle memory, 5,000 tasks: resident', value: rss, unit: 'MiB', budget: 40, note: `own data ${anonymous.toFixed(1)} MiB` },
      { what: 'idle memory, 5,000 tasks: proportional', value: pss, unit: 'MiB' },
    ];
    for (const path of quick ? PAGES.slice(0, 1) : PAGES) {
      const used = await withPage(browser, async (page) => {
        const sockets = [];
        page.on('websocket', (socket) => sockets.push(socket));
        await open(page, server, path);
        await sleep(SETTLE_MS);
        // A page that has lost its server costs nothing: that would not be the figure meant here.
        if (!sockets.some((socket) => !socket.isClosed())) throw new Error(`the page ${path} has no live connection`);
        const before = activity(server.pid);
        await sleep(SECONDS * 1000);
        return difference(before, activity(server.pid));
      });
      const threads = Object.entries(used.threads)
        .map(([thread, { wakeUps }]) => `${thread.split('/')[0]} ${wakeUps}`)
        .join(', ');
      rows.push(
        { what: `idle 10 s, page ${path}: CPU`, value: used.cpuMs, unit: 'ms', budget: 10 },
        { what: `idle 10 s, page ${path}: wake-ups`, value: used.wakeUps, unit: '', budget: 5, note: threads },
      );
    }
    const { rss: after } = memory(server.pid);
    rows.push({ what: 'memory after those pages: resident', value: after, unit: 'MiB' });
    return rows;
  } finally {
    await server.stop();
  }
}
