// What a long queue costs the next start: one slot, and the pause between the end of a run and the start of the next, as their records
// say, with 300 and with 10,000 tasks waiting, while a page's list is asked for again and again.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TRIVIAL } from '../lib/scripts.mjs';
import { BINARY, Server, environment } from '../lib/server.mjs';
import { median, quantile, sleep } from '../lib/stats.mjs';
import { TRUE } from '../lib/tasks.mjs';

export const name = 'backlog';

/** So many runs are looked at; the queue stays long meanwhile. */
const RUNS = 250;
const ASKED_EVERY_MS = 100;

/** The pauses between runs that followed each other in the one slot, ms. */
function pauses(folder) {
  const tasks = join(folder, '_runyard_', 'x', 'tasks');
  const records = readdirSync(tasks)
    .map((task) => join(tasks, task, 'runs', '1', 'run.json'))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')))
    .filter(({ ended_at_ms: ended }) => ended)
    .sort((a, b) => a.started_at_ms - b.started_at_ms);
  return records.slice(1).map((record, i) => record.started_at_ms - records[i].ended_at_ms);
}

async function measure(workspace, count) {
  const folder = workspace.folder('backlog', { 'x.py': TRIVIAL, '_runyard_/settings.toml': 'slots = 1\n' });
  const server = await Server.start(folder, 'x.py', { python: TRUE });
  try {
    execFileSync(BINARY, ['run', 'x.py', `i=1:${count}`, '-d', '--python', TRUE], { cwd: folder, env: environment(), stdio: 'ignore' });
    for (;;) {
      const { counts } = await server.json('/api/v1/tasks?status=queued');
      if (counts.completed >= RUNS) break;
      await sleep(ASKED_EVERY_MS);
    }
  } finally {
    await server.stop();
  }
  return pauses(folder);
}

export async function run({ workspace, quick }) {
  const rows = [];
  for (const count of [300, quick ? 2_000 : 10_000]) {
    const samples = await measure(workspace, count);
    const what = `end of a run to the next start, ${count.toLocaleString('en-US')} queued`;
    rows.push({ what, value: median(samples), unit: 'ms', samples, budget: 20, note: `p99 ${quantile(samples, 0.99)} ms, one slot` });
  }
  return rows;
}
