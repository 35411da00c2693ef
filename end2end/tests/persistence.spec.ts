// What a person set stays: over reloads, over restarts, in both views of the config.

import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { expect, test } from '../support/test.ts';

let frame: Frame;
let generator: Generator;

test.beforeEach(async ({ page, runyard }) => {
  [frame, generator] = [new Frame(page), new Generator(page)];
  await frame.open(runyard);
});

test.describe('after the server was away', () => {
  test.use({ allowedErrors: [/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection/] });

  test('what was typed survives a reload and a restart, wrong texts too', async ({ page, runyard }) => {
    await generator.field('steps').fill('5 | 10');
    await generator.field('label').fill('"a | b"');
    await generator.field('delay').fill('quick');
    await generator.prefix.fill('night');
    await expect(generator.error('delay')).toBeVisible();
    await generator.expectSaved();

    const expectKept = async () => {
      await frame.isLive();
      await expect(generator.field('steps')).toHaveValue('5 | 10');
      await expect(generator.field('label')).toHaveValue('"a | b"');
      await expect(generator.field('delay')).toHaveValue('quick');
      await expect(generator.error('delay')).toContainText('`quick` is not a number');
      await expect(generator.prefix).toHaveValue('night');
    };
    await page.reload();
    await expectKept();
    await runyard.kill('SIGKILL');
    await runyard.restart();
    await page.reload();
    await expectKept();
    await generator.reset('delay').click();
    await expect(generator.count).toHaveText('2 tasks');
  });

  test('what is typed while the server is away is sent when it is back', async ({ page, runyard }) => {
    await expect(generator.field('steps')).toBeVisible();
    await runyard.kill('SIGKILL');
    await expect(frame.connection).toHaveAttribute('data-state', 'lost');
    await generator.field('steps').fill('7');
    await expect(generator.saveState).toHaveText('Not saved: the server does not answer');
    await runyard.restart();
    await frame.isLive();
    await generator.field('label').fill('back');
    await generator.expectSaved();
    await page.reload();
    await expect(generator.field('steps')).toHaveValue('7');
    await expect(generator.field('label')).toHaveValue('back');
  });
});

test('the YAML view and the form are two views of one config', async () => {
  await generator.field('steps').fill('5 | 10');
  await generator.field('label').fill('x');
  await generator.yamlTab.click();
  await expect(generator.yaml).toHaveValue(/^steps: '5 \| 10'$/m);
  await expect(generator.yaml).toHaveValue(/^label: x$/m);
  await expect(generator.yaml).toHaveValue(/^delay: 0\.1$/m);

  const text = await generator.yaml.inputValue();
  await generator.yaml.fill(text.replace("steps: '5 | 10'", "steps: '1:4'").replace('color: green', 'color: red | blue'));
  await expect(generator.count).toHaveText('4 × 2 = 8 tasks');
  await generator.formTab.click();
  await expect(generator.field('steps')).toHaveValue('1:4');
  await expect(generator.field('color')).toHaveValue('red | blue');
  await expect(generator.field('delay')).toHaveValue('');
});

test('broken YAML stays as it was typed, and the form keeps its last valid values', async () => {
  await generator.field('steps').fill('5');
  await generator.yamlTab.click();
  await generator.yaml.fill('steps: [1, 2\nlabel: x');
  await expect(generator.yamlError).toContainText(/Line \d+/);
  await generator.formTab.click();
  await expect(generator.field('steps')).toHaveValue('5');
  await generator.yamlTab.click();
  await expect(generator.yaml).toHaveValue('steps: [1, 2\nlabel: x');
  await generator.yamlError.getByRole('button').click();
  await expect(generator.yamlError).toHaveCount(0);
  await expect(generator.yaml).toHaveValue(/^steps: 5$/m);
});

test('changed fields are marked, can be shown alone, and reset one by one or together', async ({ page }) => {
  const rows = page.locator('[data-testid^="field-row-"]');
  await expect(generator.resetAll).toBeDisabled();
  await generator.field('steps').fill('5');
  await generator.field('label').fill('x');
  await generator.field('color').fill('red');
  await expect(generator.row('steps')).toHaveClass(/changed/);
  await expect(generator.row('delay')).not.toHaveClass(/changed/);
  await generator.onlyChanged.check();
  await expect(rows).toHaveCount(3);
  await generator.reset('color').click();
  await expect(rows).toHaveCount(2);
  await generator.onlyChanged.uncheck();
  await expect(generator.field('color')).toHaveValue('');
  await expect(generator.row('color')).not.toHaveClass(/changed/);
  await generator.resetAll.click();
  await expect(generator.field('steps')).toHaveValue('');
  await expect(generator.field('label')).toHaveValue('');
  await expect(generator.resetAll).toBeDisabled();
});

test('search finds names and help; pins come first and stay', async ({ page }) => {
  const rows = page.locator('[data-testid^="field-row-"]');
  await generator.search.fill('capitals');
  await expect(rows).toHaveCount(1);
  await expect(generator.row('shout')).toBeVisible();
  await generator.search.fill('no such thing');
  await expect(page.getByTestId('empty')).toContainText('No parameter matches');
  await generator.search.fill('');
  await expect(rows).toHaveCount(6);

  await generator.pin('label').click();
  await expect(generator.titles.first()).toHaveText('Pinned');
  await expect(generator.section('Pinned').getByTestId('field-row-label')).toBeVisible();
  await expect(generator.row('label')).toHaveCount(1);
  await generator.expectSaved();
  await page.reload();
  await expect(generator.section('Pinned').getByTestId('field-row-label')).toBeVisible();
  await generator.pin('label').click();
  await expect(generator.titles).toHaveText(['Parameters']);
});
