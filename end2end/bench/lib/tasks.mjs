// Submitting through the page, as a person does, and projects with many tasks to measure on.

import { field, longestPause, open, watchFrames, withPage } from './browser.mjs';
import { TRIVIAL } from './scripts.mjs';
import { Server } from './server.mjs';
import { until } from './stats.mjs';

/** An interpreter that does nothing and succeeds: a task of this costs what Runyard costs. */
export const TRUE = '/bin/true';

const SUBMIT_MS = 180_000;

/**
 * Types `values` into the form of an open Generator page and presses Create. Returns the times as the page saw them:
 * `answerMs` from the request to the answer, `shownMs` from the press to the first row of the runs list (null if the list
 * has no such row), `pauseMs` the longest time without a frame.
 */
export async function submit(page, values, count) {
  for (const [key, value] of Object.entries(values)) await field(page, key).fill(String(value));
  const shown = new RegExp(`(^|\\D)${count.toLocaleString('en-US').replaceAll(',', '.?')} task`);
  await page.waitForFunction(
    (pattern) => new RegExp(pattern).test(document.querySelector('[data-testid=preview-count]')?.textContent ?? ''),
    shown.source,
  );
  await watchFrames(page);
  const answered = page.waitForResponse((response) => response.url().endsWith('/sweeps'), { timeout: SUBMIT_MS });
  const pressed = await page.evaluate(() => {
    const at = performance.now();
    document.querySelector('[data-testid=create-button]').click();
    return at;
  });
  const response = await answered;
  const answer = await response.json();
  if (!response.ok() || answer.count !== count) throw new Error(`submission: ${JSON.stringify(answer)}`);
  await page.waitForSelector('[data-testid=task-row]', { timeout: SUBMIT_MS });
  const times = await page.evaluate(() => {
    const entry = performance.getEntriesByType('resource').findLast(({ name }) => name.endsWith('/sweeps'));
    return { answerMs: entry.responseEnd - entry.startTime, at: performance.now() };
  });
  return { answer, answerMs: times.answerMs, shownMs: times.at - pressed, pauseMs: await longestPause(page) };
}

/** Projects with `n` pending tasks, each made once. */
export class Projects {
  constructor(workspace, browser) {
    this.workspace = workspace;
    this.browser = browser;
    this.known = new Map();
  }

  /** A folder with `x.py` and `n` tasks; callers may start servers on it but not change its tasks. */
  async with(n) {
    if (!this.known.has(n)) this.known.set(n, (await this.create(n)).folder);
    return this.known.get(n);
  }

  /** A new project with `n` tasks, and how long its submission took. */
  async create(n) {
    const folder = this.workspace.folder(`tasks-${n}`, { 'x.py': TRIVIAL });
    const server = await Server.start(folder, 'x.py', { python: TRUE });
    try {
      const times = await withPage(this.browser, async (page) => {
        await open(page, server);
        return submit(page, { i: `1:${n}` }, n);
      });
      return { folder, ...times };
    } finally {
      await server.stop();
    }
  }

  /** A project made elsewhere serves as the one with `n` tasks. */
  keep(n, folder) {
    this.known.set(n, folder);
  }
}

/** Creates one task on an open Generator page, shows its run page, and returns its id; it is not started. */
export async function createAndShow(page, server, values) {
  const { answer } = await submit(page, values, 1);
  const { experiment, task } = answer.first;
  await page.goto(`${server.origin}/runs/${encodeURIComponent(experiment)}/${encodeURIComponent(task)}`);
  await page.waitForSelector('body[data-hydrated]');
  return answer.first;
}

export const run = (server, id) => server.post('/api/v1/tasks/run', { tasks: [id] });

/** Waits for the end of a task; fails unless it is completed. */
export async function ended(server, { experiment, task }, ceilingMs = 120_000) {
  const path = `/api/v1/tasks/${encodeURIComponent(experiment)}/${encodeURIComponent(task)}`;
  const status = await until(
    async () => {
      const { summary } = await server.json(path);
      return ['pending', 'queued', 'running'].includes(summary.status) ? null : summary;
    },
    `end of ${task}`,
    ceilingMs,
  );
  if (status.status !== 'completed') throw new Error(`${task} ${status.status}: ${status.reason}`);
}
