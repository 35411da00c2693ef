// A batch file: looked at before anything of it runs.

import { Batch } from '../pages/batch.ts';
import { Frame } from '../pages/frame.ts';
import { Runs } from '../pages/runs.ts';
import { expect, test } from '../support/test.ts';

const GOOD = `[scheduler]
max_concurrent_experiments = 2

[[experiments]]
name = "words"
command = ["echo", "a b", "<b>c</b>"]
repeats = 2

[[experiments]]
name = "first"
command = "echo first | cat"
priority = 9
tags = ["baseline"]
`;

const BAD_ENTRY = `${GOOD}
[[experiments]]
name = "typo"
command = "echo typo"
priorty = 3
`;

test('a file is chosen, read, and runs only when a person says so', { tag: '@phone' }, async ({ page, runyard }) => {
  const [frame, batch, runs] = [new Frame(page), new Batch(page), new Runs(page)];
  await frame.open(runyard);
  await frame.room('Runs').click();
  await page.getByTestId('batch-link').click();
  await expect(page).toHaveURL(/\/batch$/);
  await batch.choose('night.toml', BAD_ENTRY);
  await expect(batch.path).toHaveValue('night.toml');
  await expect(batch.count).toHaveText('3 tasks of 2 experiments');
  // The larger priority starts first.
  await expect(batch.entries.first()).toHaveAttribute('data-name', 'first');
  await expect(batch.entries.first()).toContainText('+9');
  await expect(batch.entries.last()).toContainText("echo 'a b' '<b>c</b>'");
  await expect(batch.entries.last()).toContainText('× 2');
  await expect(batch.problems).toHaveCount(1);
  await expect(batch.problems).toContainText('line 18, column 1');
  await expect(batch.problems).toContainText('typo');
  await expect(batch.problems).toContainText('did you mean `priority`?');
  await frame.expectNoSidewaysScroll();
  const known = await page.evaluate(async () => (await (await fetch('/api/v1/tasks')).json()).total);
  expect(known, 'looking makes nothing').toBe(0);
  await batch.run.click();
  await expect(page).toHaveURL(/\/runs$/);
  await expect(frame.toast).toContainText('3 tasks');
  await expect.poll(() => runs.statuses(), { timeout: 30_000 }).toEqual(['completed', 'completed', 'completed']);
  await expect(page.getByTestId('label').first()).toHaveText('baseline');
});

test('a file that is wrong as a whole says where and runs nothing', async ({ page, runyard }) => {
  const [frame, batch] = [new Frame(page), new Batch(page)];
  await frame.open(runyard);
  await frame.visit(runyard, '/batch');
  await batch.drop('broken.toml', GOOD.replace('max_concurrent_experiments = 2', 'max_concurent_experiments = 2'));
  await expect(batch.problems).toHaveCount(1);
  await expect(batch.problems).toContainText('line 2');
  await expect(page.getByTestId('batch-problems')).toContainText('nothing of the file runs');
  await expect(batch.run).toHaveCount(0);
  // Mended in the page, it is looked at again.
  await batch.text.fill(GOOD);
  await expect(batch.problems).toHaveCount(0);
  await expect(batch.run).toHaveText('Run 3 tasks');
  await batch.create.click();
  await expect(page.locator('[data-testid="task-row"][data-status="pending"]')).toHaveCount(3);
});
