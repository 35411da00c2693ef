// The Runs page: search, filters in the address, selection, acts on many, the question before a cancel.

import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { RunPage } from '../pages/run.ts';
import { Confirm, Runs } from '../pages/runs.ts';
import { expect, test } from '../support/test.ts';

test('tasks are found by name, value and status; the address keeps it', async ({ page, runyard }) => {
  const [frame, generator, runs] = [new Frame(page), new Generator(page), new Runs(page)];
  await frame.open(runyard);
  await generator.field('label').fill('one | two');
  await generator.field('steps').fill('3');
  await generator.field('delay').fill('0.01');
  await generator.field('fail_at').fill('2 | 9');
  await generator.run.click();
  await expect.poll(() => runs.statuses(), { timeout: 30_000 }).toEqual(['failed', 'completed', 'failed', 'completed']);
  await expect(runs.row('1-of-4')).toContainText('asked to fail at step 2');

  await runs.filter('failed').click();
  await expect(page).toHaveURL(/[?&]status=failed/);
  await expect(runs.rows).toHaveCount(2);
  await expect(runs.filter('failed')).toHaveAttribute('aria-pressed', 'true');
  await expect(runs.filter('completed')).toContainText('2');
  await runs.search.fill('two');
  await expect(page).toHaveURL(/[?&]q=two/);
  await expect(runs.rows).toHaveCount(1);
  await expect(runs.row('3-of-4')).toBeVisible();

  await page.reload();
  await expect(runs.rows).toHaveCount(1);
  await expect(runs.search).toHaveValue('two');
  await runs.filter('failed').click();
  await expect(runs.rows).toHaveCount(2);
  await runs.search.fill('no such task');
  await expect(runs.empty).toContainText('No task matches');
  await runs.search.fill('');
  await expect(runs.rows).toHaveCount(4);
  await expect(page).toHaveURL(/\/runs$/);
});

test('an answer that took long does not bring an old state back', async ({ page, runyard }) => {
  const [frame, generator, runs] = [new Frame(page), new Generator(page), new Runs(page)];
  await frame.open(runyard);
  const running = frame.statusBar.locator('[data-status="running"]').first();
  let isLate = false;
  // The list is read before the task has ended, and arrives after the message that it has.
  await page.route(/\/api\/v1\/tasks(\?|$)/, async (route) => {
    const answer = await route.fetch();
    const body = await answer.text();
    if (!isLate) {
      isLate = true;
      expect(body).toMatch(/"status":"(queued|running)"/);
      await expect(running).toContainText('1 running', { timeout: 30_000 });
      await expect(running).toContainText('0 running', { timeout: 30_000 });
    }
    await route.fulfill({ response: answer, body });
  });
  await generator.run.click();
  await runs.expectStatus('1-of-1', 'completed', 40_000);
  expect(isLate).toBe(true);
});

test('many are cancelled at once after a question, and run again', async ({ page, runyard }) => {
  const [frame, generator, runs, confirm] = [new Frame(page), new Generator(page), new Runs(page), new Confirm(page)];
  await frame.open(runyard);
  await generator.field('label').fill('one | two | three | four');
  await generator.field('delay').fill('1');
  await generator.slots.fill('2');
  await generator.slots.blur();
  await generator.run.click();
  await expect.poll(() => runs.statuses(), { timeout: 30_000 }).toEqual(['running', 'running', 'queued', 'queued']);

  await runs.row('1-of-4').getByRole('checkbox').check();
  await expect(runs.bulk).toContainText('1 selected');
  await runs.selectAll.check();
  await expect(runs.bulk).toContainText('4 selected');
  await runs.bulk.getByTestId('cancel-button').click();
  await expect(confirm.dialog).toContainText('Cancel 4 tasks?');
  await page.keyboard.press('Escape');
  await expect(confirm.dialog).toHaveCount(0);
  expect(await runs.statuses()).toEqual(['running', 'running', 'queued', 'queued']);
  await runs.bulk.getByTestId('cancel-button').click();
  await confirm.yes.click();
  await expect(frame.toast).toContainText('4 tasks are being cancelled');
  await expect.poll(() => runs.statuses(), { timeout: 30_000 }).toEqual(Array(4).fill('cancelled'));
  await expect(runs.bulk).toHaveCount(0);

  await runs.row('4-of-4').getByTestId('row-rerun').click();
  await runs.expectStatus('4-of-4', 'running', 30_000);
  await runs.row('4-of-4').getByTestId('row-cancel').click();
  await confirm.no.click();
  await runs.expectStatus('4-of-4', 'running');
  await runs.row('4-of-4').getByTestId('row-cancel').click();
  await confirm.yes.click();
  await runs.expectStatus('4-of-4', 'cancelled', 30_000);
});

test('what is created waits until it is run, and the monitor shows logs side by side', async ({ page, runyard }) => {
  const [frame, generator, runs, run] = [new Frame(page), new Generator(page), new Runs(page), new RunPage(page)];
  await frame.open(runyard);
  await generator.field('label').fill('one | two');
  await generator.field('steps').fill('30');
  await generator.slots.fill('2');
  await generator.slots.blur();
  await generator.create.click();
  await expect.poll(() => runs.statuses()).toEqual(['pending', 'pending']);
  await runs.open('1-of-2');
  await expect(page.getByTestId('empty')).toContainText('This task has not run yet');
  await run.start.click();
  await run.expectStatus('running', 30_000);
  await frame.room('Runs').click();
  await runs.row('2-of-2').getByTestId('row-run').click();
  await runs.expectStatus('2-of-2', 'running', 30_000);

  await frame.room('Monitor').click();
  const tiles = page.getByTestId('monitor-tile');
  await expect(tiles).toHaveCount(2);
  for (const [ending, label] of [['1-of-2', 'one'], ['2-of-2', 'two']]) {
    const tile = page.locator(`[data-testid="monitor-tile"][data-task$="${ending}"]`);
    await expect(tile.getByTestId('log-row').filter({ hasText: `${label} step` }).first()).toBeVisible();
    await expect(tile.locator('.log-text span[style*="color"]').first()).toBeVisible();
  }
});

test('g and a letter go to a room', async ({ page, runyard }) => {
  const frame = new Frame(page);
  await frame.open(runyard);
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await expect(page).toHaveURL(/\/runs$/);
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await expect(page).toHaveURL(/\/monitor$/);
  await page.keyboard.press('g');
  await page.keyboard.press('g');
  await expect(page).toHaveURL(`${runyard.origin}/`);
});

test.describe('a task that is not there', () => {
  test.use({ allowedErrors: [/status of 404/] });

  test('is said to be missing, with a way on', async ({ page, runyard }) => {
    const frame = new Frame(page);
    await frame.open(runyard);
    await frame.visit(runyard, '/runs/steps/no-such-task');
    await expect(page.getByTestId('failure')).toContainText('Not found');
    await frame.room('Runs').click();
    await expect(page).toHaveURL(/\/runs$/);
    await expect(new Runs(page).empty).toContainText('No tasks yet');
  });
});
