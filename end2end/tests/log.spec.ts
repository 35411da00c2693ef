// The log viewer: bounded, followed until the person scrolls up, complete in the download, and deaf to what logs contain.

import { readFileSync } from 'node:fs';
import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { RunPage } from '../pages/run.ts';
import { Runs } from '../pages/runs.ts';
import { rawLog, taskNames } from '../support/files.ts';
import { CHATTY, CHATTY_LINES, HOSTILE } from '../support/scripts.ts';
import { expect, test } from '../support/test.ts';

const MAX_ROW_NODES = 500;

test.describe('30,000 lines', () => {
  const SCRIPT = 'chatty.py';
  test.use({ options: { script: SCRIPT, files: { [SCRIPT]: CHATTY } } });

  test('few are in the page, older ones come when they are looked for, the download has them all', async ({ page, runyard }) => {
    const [frame, generator, runs, run] = [new Frame(page), new Generator(page), new Runs(page), new RunPage(page)];
    const { log } = run;
    await frame.open(runyard);
    await generator.run.click();
    await runs.expectStatus('1-of-1', 'completed', 30_000);
    await runs.open('1-of-1');
    await expect(log.rows.last()).toContainText(`line ${CHATTY_LINES}`);
    await expect(log.follow).toBeChecked();
    expect(await log.rows.count()).toBeLessThanOrEqual(MAX_ROW_NODES);

    await test.step('older rows up to the first', async () => {
      let most = 0;
      // Each look at the top brings some hundred more.
      await expect
        .poll(
          async () => {
            await log.scrollTo('top');
            most = Math.max(most, await log.rows.count());
            return (await log.numbered()).get(1);
          },
          { timeout: 60_000, intervals: [50] },
        )
        .toBe('line 00001');
      expect(most).toBeLessThanOrEqual(MAX_ROW_NODES);
      const rows = [...(await log.numbered())];
      expect(rows.length).toBeGreaterThan(10);
      for (const [number, text] of rows) expect(text).toBe(`line ${String(number).padStart(5, '0')}`);
      await expect(log.follow).not.toBeChecked();
    });

    await test.step('back to the newest', async () => {
      await log.unseen.click();
      await expect(log.rows.last()).toContainText(`line ${CHATTY_LINES}`);
      await expect(log.rows.last()).toBeInViewport();
      await expect(log.follow).toBeChecked();
    });

    await test.step('the raw file', async () => {
      const [download] = await Promise.all([page.waitForEvent('download'), log.download.click()]);
      const [task = ''] = taskNames(runyard.folder, SCRIPT);
      expect(download.suggestedFilename()).toBe(`${task}-run1.log`);
      const bytes = readFileSync(await download.path());
      expect(bytes.equals(rawLog(runyard.folder, SCRIPT, task))).toBe(true);
      expect(bytes.toString().split('\n')).toHaveLength(CHATTY_LINES + 1);
    });
  });

  test('scrolling up ends following and says how much is new', async ({ page, runyard }) => {
    const [frame, generator, runs, run] = [new Frame(page), new Generator(page), new Runs(page), new RunPage(page)];
    const { log } = run;
    await frame.open(runyard);
    await generator.field('more').fill('1000');
    await generator.run.click();
    await runs.open('1-of-1');
    await expect(log.rows.filter({ hasText: /slow \d+/ }).first()).toBeVisible();
    await expect(log.follow).toBeChecked();
    await expect(log.unseen).toHaveCount(0);

    await log.scroller.hover();
    await page.mouse.wheel(0, -3000);
    await expect(log.follow).not.toBeChecked();
    await expect(log.unseen).toContainText(/\d+ new rows?/);
    // The wheel's movement goes on for a moment.
    let place = '';
    await expect
      .poll(
        async () => {
          const before = place;
          place = await log.firstInSight();
          return place === before;
        },
        { timeout: 30_000 },
      )
      .toBe(true);
    const before = await log.unseen.textContent();
    await expect(log.unseen).not.toHaveText(before ?? '');
    // To the row: a position in pixels is rounded.
    const number = (text: string) => Number(/\d+$/.exec(text)?.[0]);
    expect(Math.abs(number(await log.firstInSight()) - number(place)), 'what is read stays in place').toBeLessThanOrEqual(1);

    await log.unseen.click();
    await expect(log.follow).toBeChecked();
    await expect(log.unseen).toHaveCount(0);
    await expect.poll(() => log.scroller.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight)).toBeLessThan(40);
    expect(await log.rows.count()).toBeLessThanOrEqual(MAX_ROW_NODES);
  });
});

test.describe('hostile text', () => {
  const SCRIPT = 'hostile.py';
  const BAD = '<img src=x onerror=window.pwned=1>';
  test.use({ options: { script: SCRIPT, files: { [SCRIPT]: HOSTILE } } });

  test('is shown as text wherever a script can put it', async ({ page, runyard }) => {
    const [frame, generator, runs, run] = [new Frame(page), new Generator(page), new Runs(page), new RunPage(page)];
    const { log } = run;
    page.on('dialog', (dialog) => {
      void dialog.dismiss();
      throw new Error(`a dialog appeared: ${dialog.message()}`);
    });
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    });
    const expectHarmless = async () => {
      expect(await page.evaluate(() => 'pwned' in window), 'no text became a script').toBe(false);
      await expect(page.locator('main img, main script, main b, main u, main svg[onload], main a[href^="javascript"]')).toHaveCount(0);
    };

    await frame.open(runyard);
    await expect(generator.titles.first()).toHaveText('<b onclick=window.pwned=1>group</b>');
    await expect(generator.row('text')).toContainText('help <img src=x onerror=window.pwned=1>');
    await generator.field('text').fill(`${BAD} | "<svg/onload=window.pwned=1>"`);
    await expect(generator.points.first()).toContainText(BAD);
    await expectHarmless();

    await generator.run.click();
    await runs.expectStatus('1-of-2', 'failed', 30_000);
    await runs.expectStatus('2-of-2', 'failed', 30_000);
    await expect(runs.row('1-of-2')).toContainText(BAD);
    await expectHarmless();

    await runs.open('1-of-2');
    await expect(run.errorLine).toContainText(BAD);
    await expect.poll(() => log.texts()).toEqual(
      expect.arrayContaining([
        BAD,
        '<script>window.pwned=1</script>',
        '</span></div><svg/onload=window.pwned=1>',
        '<u>red</u> after',
        'press me end',
        'kept',
        `javascript:alert(1) & "quotes" 'too'`,
        `stopped: ${BAD}`,
      ]),
    );
    await expect(log.root.locator('.log-text a, .log-text img, .log-text script')).toHaveCount(0);
    await expect(page).not.toHaveTitle(/stolen/);
    await expectHarmless();
    await run.tab('command').click();
    await expect(run.command).toContainText('onerror');
    await run.tab('config').click();
    await expect(run.config).toContainText(BAD);
    await expectHarmless();
  });
});
