// A file dropped on the form, or chosen: its values become inputs, and nothing of it is lost silently.

import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { expect, test } from '../support/test.ts';

let generator: Generator;

test.beforeEach(async ({ page, runyard }) => {
  generator = new Generator(page);
  await new Frame(page).open(runyard);
});

test('values of a dropped file are taken, the others are named, and all of it can be undone', async () => {
  await generator.field('delay').fill('0.5');
  await generator.drop('old.yaml', 'steps: 5 | 10\nlabel: "off"\ndelai: 0.3\nextra:\n  deep: [1, 2]\n');
  await expect(generator.field('steps')).toHaveValue('5 | 10');
  await expect(generator.field('label')).toHaveValue('off');
  await expect(generator.field('delay')).toHaveValue('0.5');
  await expect(generator.done).toContainText('2 values taken from old.yaml.');
  await expect(generator.importReport).toContainText('2 entries of old.yaml match no parameter');
  await expect(generator.importReport).toContainText('extra.deep: [1, 2]');
  await generator.importReport.getByRole('button', { name: 'Use for delay' }).click();
  await expect(generator.field('delay')).toHaveValue('0.3');
  await generator.undo.click();
  await expect(generator.field('steps')).toHaveValue('');
  await expect(generator.field('delay')).toHaveValue('0.5');
});

for (const [name, text] of [
  ['c.json', '{"steps": 7, "label": "x"}'],
  ['c.toml', 'steps = 7\nlabel = "x"\n'],
] as const) {
  test(`${name} is read like YAML`, { tag: '@phone' }, async () => {
    await generator.importFile.setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
    await expect(generator.field('steps')).toHaveValue('7');
    await expect(generator.field('label')).toHaveValue('x');
    await expect(generator.importReport).toHaveCount(0);
  });
}

test('a table becomes explicit rows', async () => {
  await generator.drop('rows.csv', 'steps,label\n5,a\n6,"b, c"\n');
  await expect(generator.done).toContainText('2 rows taken from rows.csv.');
  await expect(generator.count).toContainText('2 tasks');
  await generator.expectRows([['1', '5', 'a'], ['2', '6', 'b, c']]);
});

test.describe('a file that cannot be read', () => {
  test.use({ allowedErrors: [/status of 4\d\d/] });

  test('is named with its line, and changes nothing', async () => {
    await generator.field('steps').fill('5');
    await generator.drop('bad.yaml', 'steps: 1\nlabel: [a\n');
    await expect(generator.importReport).toContainText('bad.yaml could not be taken.');
    await expect(generator.importReport).toContainText(/line \d+/);
    await expect(generator.field('steps')).toHaveValue('5');
    await generator.drop('picture.yaml', 'a\0b');
    await expect(generator.importReport).toContainText('picture.yaml is not a config or a table');
  });
});
