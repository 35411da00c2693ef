// The queue: why something waits, holding and ordering it, and what a sweep asks of it.

import type { Locator, Page } from '@playwright/test';
import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { Runs } from '../pages/runs.ts';
import { expect, type Runyard, test } from '../support/test.ts';

class Queue {
  readonly rows: Locator;
  readonly hold: Locator;

  constructor(readonly page: Page) {
    this.rows = page.getByTestId('waiting-row');
    this.hold = page.getByTestId('queue-pause');
  }

  row(ending: string): Locator {
    return this.page.locator(`[data-testid="waiting-row"][data-task$="${ending}"]`);
  }

  async names(): Promise<string[]> {
    return this.rows.evaluateAll((rows) => rows.map((row) => (row.getAttribute('data-task') ?? '').split('_').pop() ?? ''));
  }
}

/** A paused queue with three tasks in it. */
async function three(frame: Frame, queue: Queue, generator: Generator, runyard: Runyard): Promise<void> {
  await frame.open(runyard);
  await frame.room('Queue').click();
  await queue.hold.click();
  await expect(frame.page.getByTestId('queue-is-paused')).toBeVisible();
  await frame.room('Generator').click();
  await generator.field('label').fill('a | b | c');
  await generator.field('steps').fill('2');
  await generator.run.click();
}

test('a paused queue says so everywhere, and what waits says why', { tag: '@phone' }, async ({ page, runyard }) => {
  const [frame, generator, runs, queue] = [new Frame(page), new Generator(page), new Runs(page), new Queue(page)];
  await three(frame, queue, generator, runyard);
  await expect(runs.row('1-of-3').getByTestId('wait-reason')).toHaveText('the queue is paused');
  await expect(page.getByTestId('status-queue')).toHaveText('Queue paused');
  await frame.expectNoSidewaysScroll();
  await runs.open('1-of-3');
  await expect(page.getByTestId('waiting')).toContainText('the queue is paused');
  await frame.expectNoSidewaysScroll();
  await frame.room('Queue').click();
  await expect(queue.rows).toHaveCount(3);
  await frame.expectNoSidewaysScroll();
  await queue.hold.click();
  await expect(page.getByTestId('queue-is-paused')).toBeHidden();
  await frame.room('Runs').click();
  await expect.poll(() => runs.statuses(), { timeout: 30_000 }).toEqual(['completed', 'completed', 'completed']);
});

test('waiting tasks are ordered by buttons and by dragging', async ({ page, runyard }) => {
  const [frame, generator, queue] = [new Frame(page), new Generator(page), new Queue(page)];
  await three(frame, queue, generator, runyard);
  await frame.room('Queue').click();
  await expect.poll(() => queue.names()).toEqual(['1-of-3', '2-of-3', '3-of-3']);
  await queue.row('3-of-3').getByTestId('move-front').click();
  await expect.poll(() => queue.names()).toEqual(['3-of-3', '1-of-3', '2-of-3']);
  await queue.row('3-of-3').getByTestId('move-down').press('Enter');
  await expect.poll(() => queue.names()).toEqual(['1-of-3', '3-of-3', '2-of-3']);
  await queue.row('2-of-3').dragTo(queue.row('1-of-3'));
  await expect.poll(() => queue.names()).toEqual(['2-of-3', '1-of-3', '3-of-3']);
});

test('how a sweep runs is asked for in the Generator and kept', async ({ page, runyard }) => {
  const [frame, generator, runs, queue] = [new Frame(page), new Generator(page), new Runs(page), new Queue(page)];
  await frame.open(runyard);
  await frame.room('Queue').click();
  await queue.hold.click();
  await frame.room('Generator').click();
  await page.getByTestId('how-it-runs').locator('summary').click();
  const field = (key: string) => page.locator(`[id="plan-${key}"]`);
  await field('policy.priority').fill('high');
  await expect(page.getByTestId('plan-policy.priority').getByRole('alert')).toBeVisible();
  await expect(generator.run).toBeDisabled();
  await field('policy.priority').fill('7');
  await field('sweep_policy.limit').fill('1');
  await field('policy.retry.max').fill('2');
  await expect(generator.run).toBeEnabled();
  await page.reload();
  await frame.isLive();
  await page.getByTestId('how-it-runs').locator('summary').click();
  await expect(field('policy.priority')).toHaveValue('7');
  await generator.run.click();
  await expect(runs.row('1-of-1').locator('.priority')).toHaveText('+7');
  await frame.room('Queue').click();
  await expect(page.getByTestId('sweep-limit')).toHaveValue('1');
});
