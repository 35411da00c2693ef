// Creating many tasks from the page: from the request to the answer, and how smoothly the page goes on.

import { fsyncSync, closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, now, times } from '../lib/stats.mjs';

export const name = 'submit';

// Nothing is removed before the end: file systems are slow to give out inodes that were freed a moment ago.

/** The same number of folders and files of the same size, written plainly by this process, one sync at the end. */
function floor(workspace, n) {
  const folder = workspace.folder('floor');
  const begin = now();
  for (let i = 0; i < n; i += 1) {
    const task = join(folder, `t-${i}`);
    mkdirSync(task);
    writeFileSync(join(task, 'task.json'), 'x'.repeat(600));
    writeFileSync(join(task, 'config.yaml'), 'x'.repeat(20));
  }
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
  return now() - begin;
}

export async function run({ workspace, projects, quick }) {
  const rows = [];
  for (const [n, repeats, budget] of [
    [1000, quick ? 1 : 5, 300],
    [10_000, quick ? 1 : 3, 3000],
  ]) {
    const samples = await times(repeats, async (i) => {
      const sample = await projects.create(n);
      if (i === repeats - 1) projects.keep(n, sample.folder);
      return sample;
    });
    const floors = await times(repeats, async () => floor(workspace, n));
    const of = (what) => samples.map((sample) => sample[what]);
    const label = n.toLocaleString('en-US');
    rows.push(
      { what: `create ${label} tasks: request to answer`, value: median(of('answerMs')), unit: 'ms', budget, samples: of('answerMs'), peer: { what: 'the files alone, Node, one fsync', value: median(floors) } },
      { what: `create ${label} tasks: press to first row`, value: median(of('shownMs')), unit: 'ms', samples: of('shownMs') },
      { what: `create ${label} tasks: longest pause of the page`, value: median(of('pauseMs')), unit: 'ms', samples: of('pauseMs') },
    );
  }
  return rows;
}
