// 200 MB of coloured log at full speed, while a page looks at it.

import { readFileSync, writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { longestPause, open, pageMemory, watchFrames, withPage } from '../lib/browser.mjs';
import { activity, difference, memory } from '../lib/processes.mjs';
import { FLOOD } from '../lib/scripts.mjs';
import { PYTHON, Server, timed } from '../lib/server.mjs';
import { median, sleep, times } from '../lib/stats.mjs';
import { createAndShow, ended, run as start } from '../lib/tasks.mjs';

export const name = 'flood';

/** What the script says of itself: ms that its writing took, and when it was over. */
function report(path) {
  const [spentMs, endedAt] = readFileSync(path, 'utf8').split(' ').map(Number);
  return { spentMs, endedAt };
}

/** The same script with its output in a file. */
async function plain(folder, mib) {
  const path = join(folder, 'plain.txt');
  await timed('bash', ['-c', `"$0" flood.py --mib ${mib} --report "$1" > plain.log`, PYTHON, path], { cwd: folder });
  rmSync(join(folder, 'plain.log'));
  return report(path);
}

async function watched({ browser, workspace }, mib) {
  const folder = workspace.folder('flood', { 'flood.py': FLOOD });
  const peer = await plain(folder, mib);
  const server = await Server.start(folder, 'flood.py');
  try {
    return await withPage(browser, async (page) => {
      await open(page, server);
      const path = join(folder, 'report.txt');
      const id = await createAndShow(page, server, { mib, report: path });
      await sleep(500);
      const pageBefore = await pageMemory(page);
      // From here on the kernel notes the highest resident size anew.
      writeFileSync(`/proc/${server.pid}/clear_refs`, '5');
      const before = { ...memory(server.pid), used: activity(server.pid) };
      await watchFrames(page);
      await start(server, id);
      await page.waitForFunction(() => [...document.querySelectorAll('[data-testid=log-row]')].some((row) => row.textContent.includes('FLOOD-END')), null, { polling: 10, timeout: 120_000 });
      const seenAt = Date.now();
      await ended(server, id);
      const pauseMs = await longestPause(page);
      await sleep(500);
      const after = memory(server.pid);
      return {
        ...report(path),
        plainMs: peer.spentMs,
        seenMs: seenAt - report(path).endedAt,
        serverMib: after.peak - before.rss,
        serverCpuMs: difference(before.used, activity(server.pid)).cpuMs,
        pageMib: (await pageMemory(page)) - pageBefore,
        nodes: await page.locator('[data-testid=log-row]').count(),
        pauseMs,
      };
    });
  } finally {
    await server.stop();
    workspace.drop(folder);
  }
}

export async function run(bench) {
  const mib = bench.quick ? 20 : 200;
  const samples = await times(bench.quick ? 1 : 3, () => watched(bench, mib));
  const row = (what, get, unit, rest = {}) => ({ what, value: median(samples.map(get)), unit, samples: samples.map(get), ...rest });
  return [
    row(`${mib} MiB of log: the task's writing`, ({ spentMs }) => spentMs, 'ms', {
      peer: { what: '> file', value: median(samples.map(({ plainMs }) => plainMs)) },
    }),
    row('ratio to > file', ({ spentMs, plainMs }) => spentMs / plainMs, 'x', { budget: 1.25, note: 'budget: not slowed; a quarter is the noise of the disk' }),
    row('end of writing to last line in the page', ({ seenMs }) => seenMs, 'ms', { budget: 1000 }),
    row('growth of the server, at its peak', ({ serverMib }) => serverMib, 'MiB', { budget: 16 }),
    row('CPU of the server', ({ serverCpuMs }) => serverCpuMs, 'ms'),
    row("growth of the page's heap", ({ pageMib }) => pageMib, 'MiB', { budget: 16 }),
    row('line nodes in the page', ({ nodes }) => nodes, '', { budget: 500 }),
    row('longest pause of the page', ({ pauseMs }) => pauseMs, 'ms'),
  ];
}
