// The server is killed with tasks running: nothing is lost, and the open page finds out the truth by itself.

import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { RunPage } from '../pages/run.ts';
import { Runs } from '../pages/runs.ts';
import { rawLog, recordedStatus, shownLines, taskNames } from '../support/files.ts';
import { expect, test } from '../support/test.ts';

const SCRIPT = 'steps.py';
const RUN_MS = 30_000;

// While the server is away, the browser says so in its console.
test.use({ allowedErrors: [/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection/] });

async function startThree(generator: Generator, steps: number): Promise<void> {
  await generator.field('label').fill('one | two | three');
  await generator.field('steps').fill(String(steps));
  await generator.slots.fill('2');
  await generator.slots.blur();
  await expect(generator.run).toHaveText('Run 3 tasks');
  await generator.run.click();
}

test('killed and restarted mid-run: the page comes back by itself, the log has no gap and no repeat', { tag: '@phone' }, async ({ page, runyard }) => {
  const [frame, generator, runs, run] = [new Frame(page), new Generator(page), new Runs(page), new RunPage(page)];
  await frame.open(runyard);
  await frame.mark();
  await startThree(generator, 60);
  await expect.poll(() => runs.statuses(), { timeout: RUN_MS }).toEqual(['running', 'running', 'queued']);
  await runs.open('1-of-3');
  await expect(run.log.rows.filter({ hasText: 'one step 5' })).toHaveCount(1, { timeout: RUN_MS });

  await runyard.kill('SIGKILL');
  await expect(frame.connection).toHaveAttribute('data-state', 'lost');
  await expect(frame.connection).toContainText('Connection lost');
  await run.expectStatus('running');

  await runyard.restart();
  await frame.isLive();
  await expect(run.log.rows.filter({ hasText: /^\s*one done\s*$/ })).toHaveCount(1, { timeout: RUN_MS });
  await run.expectStatus('completed', RUN_MS);
  await expect(run.exitCode).toHaveText('0');

  const [first] = taskNames(runyard.folder, SCRIPT);
  const lines = shownLines(rawLog(runyard.folder, SCRIPT, first ?? ''));
  expect(lines).toHaveLength(62);
  expect(lines.filter((line) => / step \d+$/.test(line))).toEqual(Array.from({ length: 60 }, (_, n) => `one step ${n + 1}`));
  await expect.poll(async () => (await run.log.texts()).filter((line) => line !== '')).toEqual(lines);
  expect([...(await run.log.numbered()).keys()]).toEqual(lines.map((_, at) => at + 1));

  await frame.room('Runs').click();
  await expect.poll(() => runs.statuses(), { timeout: RUN_MS }).toEqual(['completed', 'completed', 'completed']);
  await frame.expectNoReload();
});

test('what ended while the server was away is shown as it ended, and the queue goes on', async ({ page, runyard }) => {
  const [frame, generator, runs, run] = [new Frame(page), new Generator(page), new Runs(page), new RunPage(page)];
  await frame.open(runyard);
  await frame.mark();
  await generator.field('fail_at').fill('18');
  await generator.field('delay').fill('0.2');
  await startThree(generator, 20);
  await expect.poll(() => runs.statuses(), { timeout: RUN_MS }).toEqual(['running', 'running', 'queued']);

  await runyard.kill('SIGKILL');
  await expect(frame.connection).toHaveAttribute('data-state', 'lost');
  const [first = '', second = '', third = ''] = taskNames(runyard.folder, SCRIPT);
  for (const task of [first, second]) {
    await expect.poll(() => recordedStatus(runyard.folder, SCRIPT, task), { timeout: RUN_MS }).toBe('finished');
  }
  expect(recordedStatus(runyard.folder, SCRIPT, third)).toBe('');
  expect(await runs.statuses()).toEqual(['running', 'running', 'queued']);

  await runyard.restart();
  await frame.isLive();
  // First what lasts a few seconds only.
  await runs.expectStatus('3-of-3', 'running', RUN_MS);
  await runs.expectStatus('1-of-3', 'failed');
  await runs.expectStatus('2-of-3', 'failed');
  await expect(runs.row('1-of-3')).toContainText('asked to fail at step 18');
  // It has run: only its own steps end like this.
  await runs.expectStatus('3-of-3', 'failed', RUN_MS);
  await expect(runs.row('3-of-3')).toContainText('asked to fail at step 18');
  await runs.open('2-of-3');
  await expect(run.exitCode).toHaveText('3');
  await expect(run.log.rows.filter({ hasText: 'Traceback' })).toHaveCount(1);
  await frame.expectNoReload();
});
