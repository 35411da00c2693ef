// The form's controls: switches, counters, lists, choices, sub-commands, exclusive groups.

import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { RunPage } from '../pages/run.ts';
import { Runs } from '../pages/runs.ts';
import { TOOL } from '../support/scripts.ts';
import { expect, test } from '../support/test.ts';

const SCRIPT = 'tool.py';

test.use({ options: { script: SCRIPT, files: { [SCRIPT]: TOOL } } });

let generator: Generator;

test.beforeEach(async ({ page, runyard }) => {
  generator = new Generator(page);
  await new Frame(page).open(runyard);
});

test('a sub-command is a choice that opens its own section', async ({ page }) => {
  await expect(generator.error('command')).toHaveText('`command` is required');
  await expect(generator.run).toBeDisabled();
  await generator.choice('command', 'train').click();
  await expect(generator.choice('command', 'train')).toHaveAttribute('aria-selected', 'true');
  await expect(generator.section('Command train').getByTestId('field-row-train.epochs')).toBeVisible();
  await expect(generator.row('check.data')).toHaveCount(0);
  await expect(generator.run).toBeEnabled();

  await generator.choice('command', 'check').click();
  await expect(generator.row('train.epochs')).toHaveCount(0);
  await expect(generator.error('check.data')).toHaveText('`check.data` is required');
  await generator.field('check.data').fill('--odd name');
  await expect(generator.run).toBeEnabled();
  await page.getByTestId('select-check.metric').selectOption({ label: 'recall' });
  await expect(generator.field('check.metric')).toHaveValue('recall');

  await test.step('arrows move between the tabs', async () => {
    await generator.choice('command', 'check').focus();
    await page.keyboard.press('ArrowLeft');
    await expect(generator.choice('command', 'train')).toBeFocused();
    await expect(generator.choice('command', 'train')).toHaveAttribute('aria-selected', 'true');
    await expect(generator.row('train.epochs')).toBeVisible();
    await page.keyboard.press('End');
    await expect(generator.choice('command', 'check')).toHaveAttribute('aria-selected', 'true');
    await expect(generator.field('check.data')).toHaveValue('--odd name');
  });

  await generator.yamlTab.click();
  const yaml = await generator.yaml.inputValue();
  await generator.yaml.fill(yaml.replace('command: check', 'command: train | check'));
  await generator.formTab.click();
  await expect(generator.error('command')).toHaveText('the sub-command `command` cannot be swept');
});

test('alternatives are chosen like radio buttons: one is given, the other waits with its text', { tag: '@phone' }, async () => {
  await generator.choice('command', 'train').click();
  await generator.field('cpu').fill('2');
  await expect(generator.alternative('cpu')).toBeChecked();
  await generator.field('gpu').fill('0');
  await expect(generator.alternative('gpu')).toBeChecked();
  await expect(generator.field('cpu')).toHaveValue('');
  await expect(generator.run).toBeEnabled();
  await generator.alternative('cpu').check();
  await expect(generator.field('cpu')).toHaveValue('2');
  await expect(generator.field('gpu')).toHaveValue('');
  await generator.page.getByRole('radio', { name: 'none of them' }).check();
  for (const key of ['cpu', 'gpu']) await expect(generator.field(key)).toHaveValue('');

  await generator.yamlTab.click();
  const yaml = await generator.yaml.inputValue();
  await generator.yaml.fill(yaml.replace('cpu: null', 'cpu: 1').replace('gpu: null', 'gpu: 1'));
  await generator.formTab.click();
  for (const key of ['cpu', 'gpu']) await expect(generator.error(key)).toContainText('only one of `cpu`, `gpu` may be given');
  await expect(generator.run).toBeDisabled();
  await generator.alternative('gpu').check();
  await expect(generator.run).toBeEnabled();
});

test('every field says what became of its default, and where that stands', async () => {
  await generator.choice('command', 'train').click();
  await generator.expectMark('train.epochs', 'inherited');
  await expect(generator.mark('train.epochs')).toHaveText('default');
  await generator.field('train.epochs').fill('5');
  await generator.expectMark('train.epochs', 'overridden');
  await generator.field('train.epochs').fill('1:4');
  await generator.expectMark('train.epochs', 'swept');
  await expect(generator.mark('train.epochs')).toHaveText('swept');
  await generator.field('train.epochs').fill('x');
  await generator.expectMark('train.epochs', 'invalid');
  await generator.mark('train.epochs').click();
  const origin = generator.row('train.epochs').getByTestId('origin');
  await expect(origin.locator('li')).toHaveText(['Typed here', /^Default: 3 \(tool\.py:\d+\)$/]);
  await generator.reset('train.epochs').click();
  await expect(origin.locator('li')).toHaveCount(1);
});

test('what is pinned stands on top, on every device', async ({ page, browser, runyard }) => {
  await generator.row('dry').hover();
  await generator.pin('dry').click();
  await expect(generator.titles.first()).toContainText('Pinned');
  await generator.expectSaved();
  await page.reload();
  await expect(generator.titles.first()).toContainText('Pinned');
  // Another browser has nothing of this one's storage.
  const other = await browser.newContext();
  const elsewhere = await other.newPage();
  await elsewhere.goto(`${runyard.origin}/?token=${runyard.token}`);
  await expect(new Generator(elsewhere).titles.first()).toContainText('Pinned');
  await other.close();
});

test('switches, counters and lists take one value or several, and reach the script as meant', async ({ page }) => {
  const [runs, run] = [new Runs(page), new RunPage(page)];
  await generator.choice('command', 'train').click();
  const dry = page.getByTestId('switch-dry');
  await expect(dry.getByRole('button', { name: 'off' })).toHaveAttribute('aria-pressed', 'true');
  await dry.getByRole('button', { name: 'on' }).click();
  await expect(generator.field('dry')).toHaveValue('true');
  await dry.getByRole('button', { name: 'off' }).click();
  await expect(generator.field('dry')).toHaveValue('');
  await generator.field('dry').fill('true | false');
  await expect(generator.expansion('dry')).toHaveText('→ 2 values: true, false');
  await page.getByTestId('switch-cache').getByRole('button', { name: 'off' }).click();
  await generator.field('verbose').fill('2');
  await generator.field('train.sizes').fill('[8] | [16, -1]');
  await expect(generator.count).toHaveText('2 × 2 = 4 tasks');
  await generator.expectRows([
    ['1', 'true', '[8]'],
    ['2', 'true', '[16, -1]'],
    ['3', 'false', '[8]'],
    ['4', 'false', '[16, -1]'],
  ]);
  await generator.field('train.sizes').fill('[]');
  await expect(generator.error('train.sizes')).toContainText('write at least one item');
  await generator.field('train.sizes').fill('[8] | [16, -1]');

  await generator.run.click();
  await expect.poll(() => runs.statuses(), { timeout: 30_000 }).toEqual(Array(4).fill('completed'));
  await runs.open('2-of-4');
  await expect(run.log.rows.first()).toContainText(
    "got {'verbose': 2, 'dry': True, 'cache': False, 'cpu': None, 'gpu': None, 'command': 'train', 'epochs': 3, 'sizes': [16, -1], 'mode': 'auto'}",
  );
  await run.tab('command').click();
  await expect(run.command).toContainText('--no-cache');
  await page.goBack();
  await page.goBack();
  await runs.open('3-of-4');
  await expect(run.log.rows.first()).toContainText("'dry': False");
});

test('a press chooses, a press with Ctrl adds to the sweep', async () => {
  await generator.choice('command', 'train').click();
  await generator.choice('train.mode', 'fast').click();
  await expect(generator.field('train.mode')).toHaveValue('fast');
  await generator.choice('train.mode', 'slow').click({ modifiers: ['Control'] });
  await expect(generator.field('train.mode')).toHaveValue('fast | slow');
  for (const mode of ['fast', 'slow']) await expect(generator.choice('train.mode', mode)).toHaveAttribute('aria-pressed', 'true');
  await expect(generator.choice('train.mode', 'auto')).toHaveAttribute('aria-pressed', 'false');
  await expect(generator.count).toHaveText('2 tasks');
  await generator.choice('train.mode', 'auto').click();
  await expect(generator.field('train.mode')).toHaveValue('');
});
