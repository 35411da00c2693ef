// From the start of the process to the first page, and to the first list of tasks.

import { TRIVIAL } from '../lib/scripts.mjs';
import { Server, get } from '../lib/server.mjs';
import { median, now, times } from '../lib/stats.mjs';
import { TRUE } from '../lib/tasks.mjs';

export const name = 'start';

/** Starts, follows the printed address like a browser, asks for the list, ends. */
async function startOnce(folder) {
  const server = await Server.start(folder, 'x.py', { python: TRUE });
  try {
    const printed = now();
    const redirect = await get(server.url);
    const cookie = (redirect.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]).join('; ');
    const page = await get(new URL(redirect.headers.location, server.origin).href, { cookie });
    if (page.status !== 200 || !page.body.includes('<html')) throw new Error(`GET /: ${page.status}`);
    const firstPage = now() - server.spawnedAt;
    const list = await server.json('/api/v1/tasks');
    return {
      printed: printed - server.spawnedAt,
      page: firstPage,
      list: now() - server.spawnedAt,
      total: list.total,
    };
  } finally {
    await server.stop();
  }
}

export async function run({ workspace, projects, quick }) {
  const starts = quick ? 3 : 10;
  const fresh = await times(starts, () => {
    const folder = workspace.folder('fresh', { 'x.py': TRIVIAL });
    return startOnce(folder);
  });
  const folder = await projects.with(5000);
  const full = await times(starts, () => startOnce(folder));
  if (full.some(({ total }) => total !== 5000)) throw new Error('the project does not show its 5,000 tasks');
  const of = (samples, what) => samples.map((sample) => sample[what]);
  const note = (samples) => `address printed after ${median(of(samples, 'printed')).toFixed(0)} ms`;
  return [
    { what: 'start to first page, new project', value: median(of(fresh, 'page')), unit: 'ms', budget: 100, samples: of(fresh, 'page'), note: note(fresh) },
    { what: 'start to first page, 5,000 tasks', value: median(of(full, 'page')), unit: 'ms', budget: 100, samples: of(full, 'page'), note: note(full) },
    { what: 'start to first list of 5,000 tasks', value: median(of(full, 'list')), unit: 'ms', samples: of(full, 'list') },
  ];
}
