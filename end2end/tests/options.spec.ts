// Beside the fields: conditions, exclusions, rows, variations, sampling; and what the preview says of every point.

import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { Runs } from '../pages/runs.ts';
import { STRICT } from '../support/scripts.ts';
import { expect, test } from '../support/test.ts';

const SCRIPT = 'strict.py';

test.use({ options: { script: SCRIPT, files: { [SCRIPT]: STRICT } } });

let generator: Generator;

test.beforeEach(async ({ page, runyard }) => {
  generator = new Generator(page);
  await new Frame(page).open(runyard);
  await generator.field('data').fill('x');
  await generator.openMenu(generator.options);
});

test('a condition leaves points out, and the preview says which and why', async ({ page }) => {
  await generator.field('n').fill('1 | 2 | 3');
  await generator.field('m').fill('1 | 2');
  await generator.conditions.fill('n * m < 6');
  await expect(generator.count).toHaveText('3 × 2 = 6 points');
  await expect(generator.account).toContainText('1 left out by n * m < 6');
  await expect(generator.account).toContainText('→ 5 tasks');
  await expect(generator.run).toHaveText('Run 5 tasks');
  await generator.expectMarks(['runs', 'runs', 'runs', 'runs', 'runs', 'dropped']);
  await expect(generator.points.last()).toContainText('left out: n * m < 6');
  await generator.conditions.fill('n * m < 6\nn <');
  const error = page.getByTestId('conditions-error');
  await expect(error.locator('.caret')).toContainText('^');
  await expect(generator.run).toBeDisabled();
  await generator.conditions.fill('');
  await expect(generator.run).toHaveText('Run 6 tasks');

  await generator.exclude.fill('{n: 1, m: 2}\nn == 3');
  await expect(generator.account).toContainText('3 left out');
  await generator.expectSaved();
  await page.reload();
  await expect(generator.exclude).toHaveValue('{n: 1, m: 2}\nn == 3');
  await expect(generator.run).toHaveText('Run 3 tasks');
});

test('rows are typed or pasted, and are one axis', { tag: '@phone' }, async ({ page }) => {
  await page.getByTestId('add-column').click();
  await page.getByTestId('row-key-0').fill('n');
  await page.getByTestId('row-key-0').press('Tab');
  await page.getByTestId('cell-0-0').fill('4');
  await page.getByTestId('add-row').click();
  await page.getByTestId('cell-1-0').fill('7');
  await generator.expectRows([['1', '4'], ['2', '7']]);
  await page.getByTestId('paste-csv').click();
  await page.getByTestId('csv').fill('n,how\n1,adam\n2,sgd\n3,sgd\n');
  await generator.expectRows([['1', '1', 'adam'], ['2', '2', 'sgd'], ['3', '3', 'sgd']]);
  await new Frame(page).expectNoSidewaysScroll();
  await page.getByTestId('clear-rows').click();
  await expect(generator.run).toHaveText('Run 1 task');
  await generator.undo.click();
  await expect(generator.run).toHaveText('Run 3 tasks');
});

test('the same seed draws the same points', async ({ page }) => {
  await generator.field('rate').fill('loguniform(1e-4, 1e-1)');
  await expect(generator.expansion('rate')).toContainText('drawn values');
  await page.getByTestId('sample-count').fill('4');
  await page.getByTestId('sample-count').press('Tab');
  await expect(generator.run).toHaveText('Run 4 tasks');
  const first = await generator.rows();
  await page.getByTestId('sample-seed').fill('7');
  await page.getByTestId('sample-seed').press('Tab');
  await expect.poll(() => generator.rows()).not.toEqual(first);
  await page.getByTestId('sample-seed').fill('0');
  await page.getByTestId('sample-seed').press('Tab');
  await generator.expectRows(first);
});

test('a named zip is one axis with its name, a derived value follows another', async () => {
  await generator.field('n').fill('size(1 | 2)');
  await generator.field('m').fill('size(10 | 20)');
  await expect(generator.count).toHaveText('size(2) = 2 tasks');
  await generator.field('data').fill('run-{n}');
  await generator.expectMark('data', 'derived');
  await expect.poll(() => generator.rows()).toEqual([expect.arrayContaining(['run-1']), expect.arrayContaining(['run-2'])]);
});

test('variations set several keys at once', async () => {
  await generator.variations.fill('- - {name: small, n: 1, m: 2}\n  - {name: big, n: 8, m: 9}\n');
  await generator.expectRows([['1', '1', '2'], ['2', '8', '9']]);
  await generator.variations.fill('- [');
  await expect(generator.options.locator('.field-error')).toBeVisible();
  await expect(generator.run).toHaveText('Run 2 tasks');
});

test('done points are marked and skipped, unless asked for again', async ({ page, runyard }) => {
  const [frame, runs] = [new Frame(page), new Runs(page)];
  await generator.field('n').fill('1 | 2');
  await generator.run.click();
  await expect.poll(() => runs.statuses(), { timeout: 30_000 }).toEqual(['completed', 'completed']);
  await frame.visit(runyard, '/');
  await generator.field('n').fill('1 | 2 | 3');
  await generator.expectMarks(['done', 'done', 'runs']);
  await expect(generator.account).toContainText('2 done already');
  await expect(generator.run).toHaveText('Run 1 task');
  await generator.rerunDone.check();
  await expect(generator.run).toHaveText('Run 3 tasks');
  await generator.rerunDone.uncheck();
  await generator.run.click();
  await expect(frame.toast).toContainText('1 task queued, 2 points were done already');
  await expect(runs.rows).toHaveCount(3);
});
