// A long history: from the start of the process to the first list of 100,000 tasks whose runs have all ended.
//
// Without the index every file is read; with it only what is not at rest. The files are written here as Runyard writes them, two
// minutes in the past, because a folder that has just changed is never taken from the index.

import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memory } from '../lib/processes.mjs';
import { TRIVIAL } from '../lib/scripts.mjs';
import { Server } from '../lib/server.mjs';
import { median, now, times } from '../lib/stats.mjs';
import { TRUE } from '../lib/tasks.mjs';

export const name = 'history';

const SWEEP = 1000;

/** One task with one run that has ended: two folders, two records. */
function write(tasks, task, { sweep, index, at, past }) {
  const folder = join(tasks, task);
  const run = join(folder, 'runs', '1');
  mkdirSync(run, { recursive: true });
  const command = ['/usr/bin/python3', 'x.py', '--i', String(index)];
  const saved = { format: 1, sweep, index, of: SWEEP, created_at_ms: at, varied: [['i', index]], command, working_dir: '/' };
  const outcome = index % 10 ? { kind: 'succeeded' } : { kind: 'failed', exit_code: 1 };
  const ended = { format: 1, number: 1, status: 'finished', outcome, queued_at_ms: at, started_at_ms: at, ended_at_ms: at + 60_000 };
  const rest = { command, working_dir: '/', environment: [], grace_period_secs: 10 };
  writeFileSync(join(folder, 'task.json'), JSON.stringify(saved));
  writeFileSync(join(folder, 'config.yaml'), `i: ${index}\n`);
  writeFileSync(join(run, 'run.json'), JSON.stringify({ ...ended, ...rest }));
  for (const changed of [join(folder, 'runs'), folder]) utimesSync(changed, past, past);
}

function history(folder, count) {
  const experiment = join(folder, '_runyard_', 'x');
  const past = Date.now() / 1000 - 120;
  for (const dir of ['tasks', 'sweeps']) mkdirSync(join(experiment, dir), { recursive: true });
  for (let first = 0; first < count; first += SWEEP) {
    const sweep = `x_20261001-${String(first / SWEEP).padStart(6, '0')}`;
    const at = 1_790_000_000_000 + first;
    for (let index = 1; index <= SWEEP; index += 1) {
      write(join(experiment, 'tasks'), `${sweep}_${index}-of-${SWEEP}`, { sweep, index, at, past });
    }
    const record = { format: 1, sweep, count: SWEEP, digest: '', inputs: [], created_at_ms: at, queued: true };
    writeFileSync(join(experiment, 'sweeps', `${sweep}.json`), JSON.stringify(record));
  }
}

async function startOnce(folder, count) {
  const server = await Server.start(folder, 'x.py', { python: TRUE });
  try {
    await server.get('/api/v1/health');
    const first = now() - server.spawnedAt;
    const { total } = await server.json('/api/v1/tasks');
    if (total !== count) throw new Error(`${total} tasks are listed, not ${count}`);
    const list = now() - server.spawnedAt;
    const filtered = await times(5, () => server.get('/api/v1/tasks?status=failed&q=7'));
    return { first, list, filter: median(filtered.map(({ ms }) => ms)), rss: memory(server.pid).rss };
  } finally {
    await server.stop();
  }
}

export async function run({ workspace, quick }) {
  const count = quick ? 20_000 : 100_000;
  const folder = workspace.folder('history', { 'x.py': TRIVIAL });
  history(folder, count);
  const runs = count.toLocaleString('en-US');
  const without = await times(2, () => {
    for (const part of ['', '-wal', '-shm']) rmSync(join(folder, '_runyard_', `.index.db${part}`), { force: true });
    return startOnce(folder, count);
  });
  const indexed = await times(quick ? 3 : 5, () => startOnce(folder, count));
  workspace.drop(folder);
  const of = (samples, what) => samples.map((sample) => sample[what]);
  const row = (what, samples, key, unit, more = {}) => ({ what, value: median(of(samples, key)), unit, samples: of(samples, key), ...more });
  const last = indexed.at(-1);
  return [
    row(`start to first HTTP 200, ${runs} finished runs`, indexed, 'first', 'ms', { budget: 100 }),
    row(`start to first list, ${runs} finished runs`, indexed, 'list', 'ms', { note: `${last.rss.toFixed(0)} MB resident` }),
    row(`the same without an index`, without, 'list', 'ms', { note: 'every file is read, and the index made' }),
    row(`list of failed tasks among ${runs}, filtered`, indexed, 'filter', 'ms', { budget: 100 }),
  ];
}
