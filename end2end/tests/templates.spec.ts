// Templates: kept with the experiment, loaded, replaced, renamed, removed, and every step can be taken back.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { Confirm } from '../pages/runs.ts';
import { experimentFolder } from '../support/files.ts';
import { expect, test } from '../support/test.ts';

let generator: Generator;

test.beforeEach(async ({ page, runyard }) => {
  generator = new Generator(page);
  await new Frame(page).open(runyard);
});

test('a template brings back what was typed, and can be undone', { tag: '@phone' }, async ({ page, runyard }) => {
  await generator.field('steps').fill('5 | 10');
  await generator.field('label').fill('"a | b"');
  await generator.openMenu(generator.templates);
  await expect(page.getByTestId('no-templates')).toBeVisible();
  await expect(generator.templateSave).toBeDisabled();
  await generator.templateName.fill('night 夜');
  await generator.templateSave.click();
  await expect(generator.template('night 夜')).toContainText('2 values');
  const file = join(experimentFolder(runyard.folder, 'steps.py'), 'templates', 'night 夜.yaml');
  expect(readFileSync(file, 'utf8')).toContain("steps: '5 | 10'");

  await page.keyboard.press('Escape');
  await generator.field('steps').fill('7');
  await generator.openMenu(generator.templates);
  await generator.template('night 夜').getByTestId('template-load').click();
  await expect(generator.done).toContainText('Template “night 夜” is loaded.');
  await expect(generator.field('steps')).toHaveValue('5 | 10');
  await expect(generator.field('label')).toHaveValue('"a | b"');
  await generator.undo.click();
  await expect(generator.field('steps')).toHaveValue('7');
  await expect(generator.done).toHaveCount(0);
});

test.describe('names', () => {
  test.use({ allowedErrors: [/status of 4\d\d/] });

  test('a name that is taken asks first; rename and remove keep what is there', async ({ page, runyard }) => {
    const confirm = new Confirm(page);
    const folder = join(experimentFolder(runyard.folder, 'steps.py'), 'templates');
    await generator.openMenu(generator.templates);
    const save = async (steps: string, name: string) => {
      await generator.field('steps').fill(steps);
      await generator.openMenu(generator.templates);
      await generator.templateName.fill(name);
      await generator.templateSave.click();
    };
    await save('1', 'a');
    await expect(generator.template('a')).toBeVisible();
    await save('2', 'a');
    await confirm.no.click();
    expect(readFileSync(join(folder, 'a.yaml'), 'utf8')).toContain("steps: '1'");
    await generator.templateSave.click();
    await confirm.yes.click();
    await expect.poll(() => readFileSync(join(folder, 'a.yaml'), 'utf8')).toContain("steps: '2'");
    await save('3', 'b');

    await generator.template('b').getByTestId('template-rename').click();
    await page.getByTestId('template-new-name').fill('a');
    await page.getByTestId('template-rename-yes').click();
    await expect(page.getByTestId('toast')).toContainText('there is a template `a` already');
    await page.getByTestId('template-new-name').fill('c');
    await page.getByTestId('template-rename-yes').click();
    await expect(generator.template('c')).toBeVisible();
    await expect(generator.template('b')).toHaveCount(0);

    await generator.template('c').getByTestId('template-delete').click();
    await expect(generator.template('c')).toHaveCount(0);
    expect(existsSync(join(folder, 'c.yaml'))).toBe(false);
    await expect(generator.done).toContainText('Template “c” is removed.');
    await generator.undo.click();
    await expect(generator.template('c')).toBeVisible();
    expect(readFileSync(join(folder, 'c.yaml'), 'utf8')).toContain("steps: '3'");

    await generator.templateName.fill('a/b');
    await generator.templateSave.click();
    await expect(page.getByTestId('template-error')).toContainText('`/` cannot stand in a name');
  });
});
