// The config as a tree: the third view of one state, with the origin of every value.

import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { TOOL } from '../support/scripts.ts';
import { expect, test } from '../support/test.ts';

const SCRIPT = 'tool.py';

test.use({ options: { script: SCRIPT, files: { [SCRIPT]: TOOL } } });

test('values are edited in place, sections fold, origins are in sight', { tag: '@phone' }, async ({ page, runyard }) => {
  const [frame, generator] = [new Frame(page), new Generator(page)];
  await frame.open(runyard);
  await generator.choice('command', 'train').click();
  await generator.treeTab.click();
  const branch = page.getByTestId('tree-train');
  await expect(branch).toContainText('epochs');
  await expect(generator.row('train.epochs').getByTestId('origin')).toContainText('Default: 3 (tool.py:');
  await generator.field('train.epochs').fill('1:3');
  await expect(generator.count).toHaveText('3 tasks');
  await expect(generator.row('train.epochs').getByTestId('origin')).toContainText('Typed here');
  await branch.locator('> summary').click();
  await expect(generator.field('train.epochs')).toBeHidden();
  await frame.expectNoSidewaysScroll();

  await test.step('what is folded stays so while one searches', async () => {
    await generator.search.fill('epochs');
    await expect(generator.row('dry')).toHaveCount(0);
    await expect(branch).not.toHaveAttribute('open');
    await generator.search.fill('');
  });

  await test.step('arrows change the view, and all views show the same', async () => {
    await generator.treeTab.focus();
    await page.keyboard.press('ArrowRight');
    await expect(generator.yaml).toHaveValue(/epochs: '1:3'/);
    await page.keyboard.press('ArrowRight');
    await expect(generator.field('train.epochs')).toHaveValue('1:3');
  });
});
