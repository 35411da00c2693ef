// Labels, pins, notes, names and the trash.

import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { RunPage } from '../pages/run.ts';
import { Confirm, Runs } from '../pages/runs.ts';
import { expect, type Runyard, test } from '../support/test.ts';

/** Two tasks that are created and not run. */
async function two(frame: Frame, generator: Generator, runs: Runs, runyard: Runyard): Promise<void> {
  await frame.open(runyard);
  await generator.field('label').fill('one | two');
  await generator.create.click();
  await expect.poll(() => runs.statuses()).toEqual(['pending', 'pending']);
}

test('labels and pins are set for many at once and show in the list', { tag: '@phone' }, async ({ page, runyard }) => {
  const [frame, generator, runs] = [new Frame(page), new Generator(page), new Runs(page)];
  await two(frame, generator, runs, runyard);
  await runs.selectAll.check();
  await runs.bulk.getByTestId('label-button').click();
  await runs.bulk.getByTestId('label-input').fill('baseline');
  await runs.bulk.getByTestId('label-add').click();
  await expect(runs.row('1-of-2').getByTestId('label')).toHaveText('baseline');
  await expect(runs.row('2-of-2').getByTestId('label')).toHaveText('baseline');
  await runs.bulk.getByTestId('pin-button').click();
  await expect(runs.row('2-of-2').getByTestId('pinned')).toBeVisible();
  await runs.bulk.getByTestId('unpin-button').click();
  await expect(runs.row('2-of-2').getByTestId('pinned')).toHaveCount(0);
  await runs.row('1-of-2').getByTestId('label').click();
  await expect(page.getByTestId('label-filter')).toHaveText('baseline');
  await expect(runs.rows).toHaveCount(2);
  await page.getByTestId('label-filter').click();
  await expect(page).toHaveURL(/\/runs$/);
  await runs.selectAll.check();
  if (!(await runs.bulk.getByTestId('label-input').isVisible())) await runs.bulk.getByTestId('label-button').click();
  await runs.bulk.getByTestId('label-input').fill('baseline');
  await runs.bulk.getByTestId('label-remove').click();
  await expect(runs.row('1-of-2').getByTestId('label')).toHaveCount(0);
  await frame.expectNoSidewaysScroll();
});

test('a removed task comes back with one press, or from the trash', { tag: '@phone' }, async ({ page, runyard }) => {
  const [frame, generator, runs, confirm] = [new Frame(page), new Generator(page), new Runs(page), new Confirm(page)];
  await two(frame, generator, runs, runyard);
  await runs.row('1-of-2').getByRole('checkbox').check();
  await runs.bulk.getByTestId('remove-button').click();
  await expect(runs.rows).toHaveCount(1);
  await expect(frame.toast).toContainText('1 task removed to the trash');
  await page.getByTestId('toast-undo').click();
  await expect(runs.rows).toHaveCount(2);

  await runs.row('2-of-2').getByRole('checkbox').check();
  await runs.bulk.getByTestId('remove-button').click();
  await expect(runs.row('2-of-2')).toHaveCount(0);
  await page.getByTestId('trash-link').click();
  const row = page.getByTestId('trash-row');
  await expect(row.first()).toBeVisible();
  await frame.expectNoSidewaysScroll();
  await page.locator('[data-testid="trash-row"][data-task$="2-of-2"]').getByTestId('restore').click();
  await expect(page.locator('[data-testid="trash-row"][data-task$="2-of-2"]')).toHaveCount(0);
  await frame.room('Runs').click();
  await expect(runs.row('2-of-2')).toHaveCount(1);

  await runs.row('2-of-2').getByRole('checkbox').check();
  await runs.bulk.getByTestId('remove-button').click();
  await page.getByTestId('trash-link').click();
  await page.getByTestId('empty-trash').click();
  await expect(confirm.dialog).toContainText('for good');
  await confirm.yes.click();
  await expect(page.getByTestId('empty')).toContainText('The trash is empty');
});

test.describe('the run page', () => {
  test.use({ allowedErrors: [/status of 409/] });

  test('notes are saved by themselves and never over what somebody else wrote', async ({ page, runyard }) => {
    const [frame, generator, runs, run] = [new Frame(page), new Generator(page), new Runs(page), new RunPage(page)];
    await two(frame, generator, runs, runyard);
    await runs.open('1-of-2');
    await run.tab('notes').click();
    const notes = page.getByTestId('notes');
    await notes.fill('tried a larger batch');
    await expect(page.getByTestId('notes-state')).toHaveText('Saved');
    await page.reload();
    await expect(notes).toHaveValue('tried a larger batch');
    const path = new URL(page.url()).pathname.replace('/runs/', '/api/v1/tasks/');
    await page.evaluate(async (target) => {
      await fetch(target, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ text: 'theirs' }) });
    }, `${path}/notes`);
    await notes.fill('mine');
    await expect(page.getByTestId('notes-error')).toBeVisible();
    await page.getByTestId('notes-reload').click();
    await expect(notes).toHaveValue('theirs');
  });

  test('a task is labelled, described and renamed on its page', async ({ page, runyard }) => {
    const [frame, generator, runs] = [new Frame(page), new Generator(page), new Runs(page)];
    await two(frame, generator, runs, runyard);
    await runs.open('1-of-2');
    await page.getByTestId('description').fill('the first try');
    await page.getByTestId('description').press('Enter');
    await page.getByTestId('more-acts').click();
    await page.getByTestId('label-button').click();
    await page.getByTestId('label-input').fill('good');
    await page.getByTestId('label-add').click();
    await expect(page.getByTestId('label')).toContainText('good');
    await page.getByTestId('rename-input').fill('first');
    await page.getByTestId('rename').click();
    await expect(page).toHaveURL(/\/runs\/steps\/first$/);
    await expect(page.getByRole('heading', { name: 'first' })).toBeVisible();
    await expect(page.getByTestId('description')).toHaveValue('the first try');
  });
});
