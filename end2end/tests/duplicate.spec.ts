// A task's values in the form, to change one of them; its config compared; its environment.

import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { RunPage } from '../pages/run.ts';
import { Runs } from '../pages/runs.ts';
import { expect, test } from '../support/test.ts';

test('a task is duplicated with exactly its values, and one field is changed', { tag: '@phone' }, async ({ page, runyard }) => {
  const [frame, generator, runs, run] = [new Frame(page), new Generator(page), new Runs(page), new RunPage(page)];
  await frame.open(runyard);
  await generator.field('steps').fill('2 | 3');
  await generator.field('label').fill('"a | b"');
  await generator.run.click();
  await expect.poll(() => runs.statuses(), { timeout: 30_000 }).toEqual(['completed', 'completed']);
  await runs.open('2-of-2');
  await run.duplicate.click();
  await expect(generator.done).toContainText('2-of-2. Change a field, then run.');
  await expect(generator.field('steps')).toHaveValue('3');
  await expect(generator.field('label')).toHaveValue('"a | b"');
  await expect(page).toHaveURL(/\/experiments\/steps$/);
  await generator.undo.click();
  await expect(generator.field('steps')).toHaveValue('2 | 3');
  await page.goBack();

  await test.step('the config says what differs', async () => {
    await run.tab('config').click();
    await page.getByTestId('config-defaults').click();
    await expect(run.differences.locator('tbody tr')).toHaveCount(2);
    await expect(run.differences).toContainText('steps');
    const other = (await page.locator('.task-title').textContent())?.replace('2-of-2', '1-of-2') ?? '';
    await page.getByTestId('config-task').fill(other);
    await page.getByTestId('config-task').press('Enter');
    await expect(run.differences.locator('tbody tr')).toHaveText(['steps32']);
    await frame.expectNoSidewaysScroll();
  });

  await test.step('the environment was recorded', async () => {
    await run.tab('environment').click();
    await expect(run.environment).toContainText('Python');
    await frame.expectNoSidewaysScroll();
  });
});
