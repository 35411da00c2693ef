// How the script was read: several parsers, what the script itself says, and when that is out of date.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { Confirm } from '../pages/runs.ts';
import { DYNAMIC, TWO_PARSERS } from '../support/scripts.ts';
import { expect, test } from '../support/test.ts';

test.describe('a parser built while the script runs', () => {
  test.use({ options: { script: 'dynamic.py', files: { 'dynamic.py': DYNAMIC } } });

  test('is asked for only after a question, and shows what differs', async ({ page, runyard }) => {
    const [generator, confirm] = [new Generator(page), new Confirm(page)];
    await new Frame(page).open(runyard);
    await expect(page.getByTestId('reading-origin')).toHaveAttribute('data-origin', 'static');
    await generator.probe.click();
    await expect(confirm.dialog).toContainText('Run dynamic.py up to its command line?');
    await confirm.no.click();
    await expect(generator.probeResult).toHaveCount(0);
    await generator.probe.click();
    await confirm.yes.click();
    await expect(page.getByTestId('reading-origin')).toHaveAttribute('data-origin', 'probe', { timeout: 60_000 });
    await expect(generator.row('from_env')).toBeVisible();
    await expect(generator.probeResult).toContainText('from_env was found by the script only');

    writeFileSync(join(runyard.folder, 'dynamic.py'), `${DYNAMIC}\n# changed\n`);
    await page.reload();
    await expect(generator.probeResult).toHaveAttribute('data-outdated', 'true');
    await page.getByTestId('probe-forget').click();
    await expect(generator.probeResult).toHaveCount(0);
  });
});

test.describe('a file with two parsers', () => {
  test.use({ options: { script: 'two.py', files: { 'two.py': TWO_PARSERS } } });

  test('lets one choose', async ({ page, runyard }) => {
    const generator = new Generator(page);
    await new Frame(page).open(runyard);
    await expect(generator.row('lr')).toBeVisible();
    await generator.parser.selectOption({ index: 1 });
    await expect(generator.row('lr')).toHaveCount(0);
    await expect(generator.row('port')).toBeVisible();
    await page.reload();
    await expect(generator.row('port')).toBeVisible();
  });
});
