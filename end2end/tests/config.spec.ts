// A script that takes its values from a file: the form is made of the file, and the file stays as it is.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { RunPage } from '../pages/run.ts';
import { Runs } from '../pages/runs.ts';
import { BASE_CONFIG, FROM_CONFIG } from '../support/scripts.ts';
import { expect, test } from '../support/test.ts';

const FILES = { 'model.py': FROM_CONFIG, 'base.yaml': BASE_CONFIG };

test.describe('a base config', () => {
  test.use({ options: { script: 'model.py', args: ['base.yaml'], files: FILES } });

  test('is the form, its values reach the script, its comments stay', { tag: '@phone' }, async ({ page, runyard }) => {
    const [frame, generator, runs, run] = [new Frame(page), new Generator(page), new Runs(page), new RunPage(page)];
    await frame.open(runyard);
    await expect(page.getByTestId('entry')).toContainText('values from base.yaml');
    await generator.treeTab.click();
    await expect(generator.row('model.depth').getByTestId('origin')).toContainText('Set: 2 (base.yaml:4)');
    await generator.field('model.depth').fill('2 | 3');
    await frame.expectNoSidewaysScroll();
    await generator.yamlTab.click();
    await expect(generator.yaml).toHaveValue(/# the net\nmodel:\n {2}depth: ['"]?2 \| 3['"]? {2}# layers\n/);
    const text = await generator.yaml.inputValue();
    await generator.yaml.fill(text.replace('lr: 0.1', 'lr: 0.2  # mine'));
    await generator.formTab.click();
    await expect(generator.field('lr')).toHaveValue('0.2');
    await generator.yamlTab.click();
    await expect(generator.yaml).toHaveValue(/lr: 0\.2 {2}# mine/);
    await generator.run.click();
    await expect.poll(() => runs.statuses(), { timeout: 30_000 }).toEqual(['completed', 'completed']);
    await runs.open('2-of-2');
    await expect(run.log.rows.first()).toContainText('depth 3 lr 0.2');
    expect(readFileSync(join(runyard.folder, 'base.yaml'), 'utf8')).toBe(BASE_CONFIG);
  });
});
