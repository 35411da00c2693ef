// Selecting more than the page holds, whose tasks these are, and what the trash takes.

import type { Page } from '@playwright/test';
import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { Confirm, Runs } from '../pages/runs.ts';
import { expect, type Runyard, test } from '../support/test.ts';

/** More tasks than a page of the list has, created and not run. */
async function many(frame: Frame, generator: Generator, runyard: Runyard): Promise<void> {
  await frame.open(runyard);
  await generator.field('steps').fill('1:250');
  await generator.create.click();
  await expect(frame.page.getByTestId('runs-total')).toHaveText('250 tasks');
}

/** The bodies of acts that the page sends. */
function sent(page: Page, path: string): string[] {
  const bodies: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith(path)) bodies.push(request.postData() ?? '');
  });
  return bodies;
}

test('all that the list finds are selected without being named, and one can be left out', async ({ page, runyard }) => {
  const [frame, generator, runs] = [new Frame(page), new Generator(page), new Runs(page)];
  await many(frame, generator, runyard);
  const removals = sent(page, '/tasks/remove');
  await runs.selectAll.check();
  await expect(runs.bulk).toContainText('250');
  await expect(page.getByTestId('selected-all')).toBeVisible();
  await runs.row('_3-of-250').getByRole('checkbox').uncheck();
  await expect(runs.bulk).toContainText('249');
  await runs.bulk.getByTestId('remove-button').click();
  await expect(frame.toast).toContainText('249 tasks removed to the trash');
  await expect(runs.total).toHaveText('1 task');
  await expect(runs.row('_3-of-250')).toHaveCount(1);
  expect(removals).toHaveLength(1);
  expect(removals[0]?.length, 'a filter, not 249 names').toBeLessThan(500);
  await page.getByTestId('toast-undo').click();
  await expect(runs.total).toHaveText('250 tasks');
});

test('the keyboard selects, acts and takes back', async ({ page, runyard }) => {
  const [frame, generator, runs] = [new Frame(page), new Generator(page), new Runs(page)];
  await frame.open(runyard);
  await generator.field('label').fill('a | b');
  await generator.create.click();
  await expect(runs.rows).toHaveCount(2);
  await runs.row('1-of-2').getByRole('checkbox').focus();
  await page.keyboard.press('Space');
  await expect(runs.bulk).toBeVisible();
  await runs.bulk.getByTestId('remove-button').focus();
  await page.keyboard.press('Enter');
  await expect(runs.rows).toHaveCount(1);
  await page.getByTestId('toast-undo').focus();
  await page.keyboard.press('Enter');
  await expect(runs.rows).toHaveCount(2);
});

test('the list of one person, where there are several', async ({ page, runyard }) => {
  const [frame, runs] = [new Frame(page), new Runs(page)];
  await frame.open(runyard);
  await page.evaluate(async () => {
    for (const user of ['ada', 'bob'])
      await fetch('/api/v1/commands', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ command: ['true'], name: `of-${user}`, user }),
      });
  });
  await frame.room('Runs').click();
  await expect(runs.rows).toHaveCount(2);
  await expect(page.locator('[data-testid="task-row"][data-task*="of-ada"]').getByTestId('owner')).toHaveText('@ada');
  await page.getByTestId('owner-filter').selectOption('bob');
  await expect(page).toHaveURL(/user=bob/);
  await expect(runs.rows).toHaveCount(1);
  await expect(page.locator('[data-testid="task-row"][data-task*="of-bob"]')).toHaveCount(1);
  await page.getByTestId('owner-filter').selectOption('');
  await expect(runs.rows).toHaveCount(2);
});

test('the trash says what it takes, and asks with it before it is emptied', { tag: '@phone' }, async ({ page, runyard }) => {
  const [frame, generator, runs, confirm] = [new Frame(page), new Generator(page), new Runs(page), new Confirm(page)];
  await frame.open(runyard);
  await generator.field('label').fill('one | two');
  await generator.create.click();
  await expect(runs.rows).toHaveCount(2);
  await runs.selectAll.check();
  await runs.bulk.getByTestId('remove-button').click();
  await page.getByTestId('trash-link').click();
  await expect(page.getByTestId('trash-row')).toHaveCount(2);
  await expect(page.getByTestId('trash-size')).toHaveText(/^\d+\.\d kB on the disk$/);
  const size = (await page.getByTestId('trash-size').innerText()).replace(' on the disk', '');
  await frame.expectNoSidewaysScroll();
  await page.getByTestId('empty-trash').click();
  await expect(confirm.dialog).toContainText(`Delete 2 tasks for good and free ${size}?`);
  await confirm.yes.click();
  await expect(page.getByTestId('empty')).toBeVisible();
  await expect(page.getByTestId('trash-size')).toHaveCount(0);
});
