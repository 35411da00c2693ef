// What is wrong is said where it is wrong, with what to do about it; nothing typed is lost, nothing half is written.

import { unlinkSync } from 'node:fs';
import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { Runs } from '../pages/runs.ts';
import { taskNames } from '../support/files.ts';
import { STRICT } from '../support/scripts.ts';
import { expect, test } from '../support/test.ts';

const SCRIPT = 'strict.py';

test.use({ options: { script: SCRIPT, files: { [SCRIPT]: STRICT }, pythonLink: 'python-link' } });

let generator: Generator;

test.beforeEach(async ({ page, runyard }) => {
  generator = new Generator(page);
  await new Frame(page).open(runyard);
});

test('an empty required argument is named, and nothing can be submitted', async () => {
  await expect(generator.row('data')).toContainText('required');
  await expect(generator.error('data')).toHaveText('`data` is required');
  await expect(generator.problems).toContainText('give it a value');
  await expect(generator.run).toBeDisabled();
  await expect(generator.create).toBeDisabled();
  await generator.field('data').fill('a.csv');
  await expect(generator.error('data')).toHaveCount(0);
  await expect(generator.problems).toHaveCount(0);
  await expect(generator.run).toHaveText('Run 1 task');
  await expect(generator.run).toBeEnabled();
});

test('zips of unequal length name each other with their lengths', async () => {
  await generator.field('data').fill('(a | b | c)');
  await expect(generator.expansion('data')).toHaveText('→ 3 values in step: a, b, c');
  await generator.field('n').fill('(1 | 2)');
  for (const key of ['data', 'n']) {
    await expect(generator.error(key)).toHaveText('all (zip) values must have the same length: `data` has 3, `n` has 2');
  }
  await expect(generator.error('m')).toHaveCount(0);
  await expect(generator.problems).toContainText('give every zip the same number of alternatives');
  await expect(generator.run).toBeDisabled();
  await generator.field('n').fill('(1 | 2 | 3)');
  await expect(generator.problems).toHaveCount(0);
  await expect(generator.count).toHaveText('(3) = 3 tasks');
  await generator.expectRows([['1', 'a', '1'], ['2', 'b', '2'], ['3', 'c', '3']]);
});

test('the preview keeps the last good grid, greyed', async () => {
  await generator.field('data').fill('x');
  await generator.field('n').fill('1 | 2');
  await generator.expectRows([['1', '1'], ['2', '2']]);
  await generator.field('n').fill('1 | 2 |');
  await expect(generator.preview).toHaveClass(/stale/);
  await expect(generator.problems).toContainText('One error: the preview shows the last valid grid.');
  await generator.expectRows([['1', '1'], ['2', '2']]);
  await expect.poll(() => generator.pointList.evaluate((list) => {
    let opacity = 1;
    for (let node: Element | null = list; node; node = node.parentElement) opacity *= Number(getComputedStyle(node).opacity);
    return opacity;
  })).toBeLessThan(1);
  await expect(generator.run).toBeDisabled();
  await generator.field('n').fill('1 | 2 | 3');
  await expect(generator.preview).not.toHaveClass(/stale/);
  await generator.expectRows([['1', '1'], ['2', '2'], ['3', '3']]);
});

test('a value that is no choice is marked under the text, with the nearest choice', async () => {
  await generator.field('data').fill('x');
  await generator.field('how').fill('adam | sgdd');
  const error = generator.error('how');
  await expect(error).toContainText('`sgdd` is not one of the choices');
  await expect(error).toContainText('did you mean `sgd`?');
  await expect(error).toContainText('adam, sgd, rmsprop');
  await expect(generator.field('how')).toHaveAttribute('aria-invalid', 'true');
  await generator.expectMark('how', 'invalid');
  // The carets stand right below the four letters.
  const [typed, marks] = ((await error.locator('.caret').textContent()) ?? '').split('\n');
  expect(typed).toBe('adam | sgdd');
  const at = marks?.indexOf('^') ?? -1;
  expect(at).toBeGreaterThanOrEqual(0);
  expect(marks?.trimEnd().endsWith('^^^^')).toBe(true);
  const columns = await error.locator('.caret').evaluate((pre) => {
    const before = pre.querySelector('.unseen')?.textContent ?? '';
    const shown = (pre.textContent ?? '').split('\n')[1] ?? '';
    return { before: before.length, carets: (shown.match(/\^/g) ?? []).length };
  });
  expect(columns).toEqual({ before: 7, carets: 4 });
});

for (const [what, key, text, message, remedy] of [
  ['a range that never moves', 'n', '1:5:0', 'the step of the range is 0', 'a step other than 0'],
  ['a range that runs away', 'n', '5:1', 'the range never reaches its stop', 'write `5:1:-1`'],
  ['a decimal in an integer range', 'n', '1:2:0.5', 'a decimal in it', 'whole numbers'],
  ['no integer', 'n', '1.5', '`1.5` is not an integer', 'a range such as `1:5`'],
  ['no number', 'rate', 'fast', '`fast` is not a number', '`0.1 | 0.2`'],
  ['an empty alternative', 'n', '1 || 2', 'an alternative is empty', 'both sides'],
  ['an open quote', 'data', '"abc', 'never closed', 'close it with "'],
] as const) {
  test(`${what} is refused under the field with a remedy`, async () => {
    if (key !== 'data') await generator.field('data').fill('x');
    await generator.field(key).fill(text);
    await expect(generator.error(key)).toContainText(message);
    await expect(generator.error(key).locator('.hint')).toContainText(remedy);
    await expect(generator.error(key).locator('.caret')).toContainText('^');
    await expect(generator.run).toBeDisabled();
  });
}

test('a grid over the limit is previewed but not submitted', async () => {
  await generator.field('data').fill('x');
  await generator.field('n').fill('1:10000');
  await expect(generator.count).toHaveText(/^10.000 tasks$/);
  await expect(generator.tooMany).toHaveCount(0);
  await expect(generator.run).toBeEnabled();
  await generator.field('n').fill('1:10001');
  await expect(generator.count).toHaveText(/^10.001 tasks$/);
  await expect(generator.tooMany).toHaveText(/^Too many to submit: the limit is 10.000 tasks\.$/);
  await expect(generator.run).toBeDisabled();
  await generator.field('data').press('Control+Enter');
  await expect(generator.submitError).toHaveCount(0);
});

test.describe('an interpreter that is gone', () => {
  test.use({ allowedErrors: [/status of 4\d\d/] });

  test('is named in place; nothing is written or lost, and the same press works once it is back', async ({ page, runyard }) => {
    await generator.field('data').fill('a.csv');
    await generator.field('n').fill('1 | 2');
    await generator.expectSaved();
    unlinkSync(runyard.pythonLink ?? '');
    await generator.run.click();
    await expect(generator.submitError).toContainText('there is no interpreter');
    await expect(generator.submitError).toContainText('python-link');
    await expect(generator.submitError).toContainText('--python');
    await expect(page).toHaveURL(`${runyard.origin}/`);
    await expect(generator.field('data')).toHaveValue('a.csv');
    await expect(generator.field('n')).toHaveValue('1 | 2');
    expect(taskNames(runyard.folder, SCRIPT)).toEqual([]);

    runyard.linkPython();
    await generator.run.click();
    const runs = new Runs(page);
    await expect(runs.rows).toHaveCount(2);
    await expect.poll(() => runs.statuses(), { timeout: 30_000 }).toEqual(['completed', 'completed']);
  });
});
