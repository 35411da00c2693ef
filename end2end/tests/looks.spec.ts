// Small screens, keyboard only, language, theme, reduced motion.

import type { Locator, Page } from '@playwright/test';
import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { RunPage } from '../pages/run.ts';
import { Runs } from '../pages/runs.ts';
import { expect, test } from '../support/test.ts';

const MIN_TARGET = 44;

async function expectThumbSized(...buttons: Locator[]): Promise<void> {
  for (const button of buttons) {
    const box = await button.boundingBox();
    expect(Math.ceil(box?.height ?? 0), `${button} is high enough for a thumb`).toBeGreaterThanOrEqual(MIN_TARGET);
    expect(Math.ceil(box?.width ?? 0), `${button} is wide enough for a thumb`).toBeGreaterThanOrEqual(MIN_TARGET);
  }
}

/** What one presses; a check box counts with its label, links and help are text. */
const TARGETS = 'button:not(.help), nav.nav a[href], footer a[href], a.tab, a.chip, select, input:not([type="checkbox"]), label:has(input[type="checkbox"])';
const LEAST_TARGET = 24;

/** Every target in sight is at least as large as a finger can hit. */
async function expectTargets(page: Page): Promise<void> {
  const small = await page.locator(TARGETS).evaluateAll(
    (all, least) =>
      all
        .map((node) => ({ node, box: node.getBoundingClientRect() }))
        .filter(({ node, box }) => box.width > 1 && node.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
        .filter(({ box }) => Math.ceil(box.width) < least || Math.ceil(box.height) < least)
        .map(({ node, box }) => `${node.outerHTML.slice(0, 120)} is ${box.width.toFixed(1)} x ${box.height.toFixed(1)}`),
    LEAST_TARGET,
  );
  expect(small).toEqual([]);
}

test('on 360 px every page fits, and what one presses fits a thumb', { tag: '@phone-only' }, async ({ page, runyard }) => {
  const [frame, generator, runs, run] = [new Frame(page), new Generator(page), new Runs(page), new RunPage(page)];
  await frame.open(runyard);
  await frame.expectNoSidewaysScroll();
  await expectTargets(page);
  await generator.field('label').fill('a-rather-long-label-without-any-space-in-it-to-break-at | two');
  await generator.field('steps').fill('1:200');
  await expect(generator.count).toHaveText('200 × 2 = 400 tasks');
  await frame.expectNoSidewaysScroll();
  await expectTargets(page);
  await expectThumbSized(generator.run, generator.create, frame.room('Generator'), frame.room('Runs'), frame.room('Monitor'));
  await expect(generator.run).toBeInViewport();
  await expectThumbSized(generator.field('label'), generator.choice('color', 'green'));
  await expectThumbSized(frame.language, frame.theme);
  await generator.yamlTab.click();
  await frame.expectNoSidewaysScroll();
  await expectTargets(page);
  await generator.formTab.click();

  // Long enough to be looked at on a slow machine; it ends with the test.
  await generator.field('steps').fill('600');
  await generator.run.click();
  await runs.expectStatus('1-of-2', 'running', 30_000);
  await frame.expectNoSidewaysScroll();
  await expectTargets(page);
  await frame.visit(runyard, '/monitor');
  await expect(page.getByTestId('monitor-tile').first()).toBeVisible();
  await frame.expectNoSidewaysScroll();
  await expectTargets(page);
  await frame.room('Runs').click();
  await runs.open('1-of-2');
  await expect(run.log.rows.filter({ hasText: 'step 3' }).first()).toBeVisible();
  await frame.expectNoSidewaysScroll();
  await expectTargets(page);
  await expectThumbSized(run.cancel);
  await run.tab('command').click();
  await expect(run.command).toContainText('--label');
  await frame.expectNoSidewaysScroll();
  await expectTargets(page);
  await run.tab('config').click();
  await expect(run.config).toContainText('label:');
  await frame.expectNoSidewaysScroll();
  await expectTargets(page);
  for (const [path, shown] of [
    ['/queue', 'capacity'],
    ['/settings', 'setting-slots'],
    ['/trash', 'empty'],
  ] as const) {
    await frame.visit(runyard, path);
    await expect(page.getByTestId(shown)).toBeVisible();
    await frame.expectNoSidewaysScroll();
    await expectTargets(page);
  }
});

/** Presses Tab until `wanted` has the focus. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluate((node) => node === document.activeElement)) return;
  }
  throw new Error(`Tab does not reach ${wanted}`);
}

test('the keyboard is enough: to a field, a sweep, and Ctrl with Enter', async ({ page, runyard }) => {
  const [frame, generator, runs] = [new Frame(page), new Generator(page), new Runs(page)];
  await frame.open(runyard);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await tabTo(page, generator.field('steps'));
  await page.keyboard.type('2 | 3');
  const outline = await generator.field('steps').evaluate((node) => {
    const style = getComputedStyle(node);
    return style.outlineStyle !== 'none' || style.boxShadow !== 'none';
  });
  expect(outline, 'the focus is seen').toBe(true);
  await tabTo(page, page.getByTestId('shout-true'));
  await page.keyboard.press('Space');
  await expect(generator.field('shout')).toHaveValue('true');
  await expect(generator.run).toHaveText('Run 2 tasks');
  await page.keyboard.press('Control+Enter');
  await expect(page).toHaveURL(/\/runs$/);
  await expect.poll(() => runs.statuses(), { timeout: 30_000 }).toEqual(['completed', 'completed']);
  await tabTo(page, runs.row('2-of-2').getByTestId('task-link'));
  await page.keyboard.press('Enter');
  await expect(new RunPage(page).log.rows.filter({ hasText: 'STEPS done' })).toHaveCount(1);
});

const ENGLISH = /\b(Generator|Runs|Monitor|Preview|Create|Run|Slots|Saved|Form|Live|running|queued|failed|Reset|Search|Cancel|Status|Task|completed)\b/;

test('the language changes everywhere at once, without a reload, and is kept', { tag: '@phone' }, async ({ page, runyard }) => {
  const [frame, generator, runs] = [new Frame(page), new Generator(page), new Runs(page)];
  await frame.open(runyard);
  await frame.mark();
  await generator.field('steps').fill('1 | x');
  await expect(generator.error('steps')).toContainText('`x` is not an integer');
  await expect(frame.language).toHaveText('中文');
  await frame.language.click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh');
  for (const name of ['生成器', '运行', '监视', '队列', '设置']) await expect(frame.room(name)).toBeVisible();
  await expect(generator.error('steps')).not.toContainText('integer');
  await generator.field('steps').fill('1 | 2');
  await expect(generator.run).toHaveText('运行 2 个任务');
  await expect(generator.create).toHaveText('创建');
  await expect(generator.resetAll).toHaveText('全部重置');
  await expect(frame.statusBar).toContainText('实时');
  await generator.expectSaved();
  const words = page.locator('nav, header.top-bar, .toolbar, .preview-head, .submit, footer');
  await expect.poll(async () => (await words.allInnerTexts()).filter((text) => ENGLISH.test(text.replaceAll('Runyard', '')))).toEqual([]);
  await frame.expectNoReload();

  await generator.run.click();
  await expect.poll(() => runs.statuses(), { timeout: 30_000 }).toEqual(['completed', 'completed']);
  await expect(runs.row('1-of-2')).toContainText('已完成');
  await expect(frame.toast).toHaveText(/2 个任务已加入队列/);
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh');
  await expect(frame.room('生成器')).toBeVisible();
  await frame.isLive();
  await frame.language.click();
  await expect(frame.room('Generator')).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
});

test('the theme goes round, shows at once and is kept', { tag: '@phone' }, async ({ page, runyard }) => {
  const frame = new Frame(page);
  await frame.open(runyard);
  const html = page.locator('html');
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await expect(html).toHaveAttribute('data-theme', 'auto');
  await frame.theme.click();
  await expect(html).toHaveAttribute('data-theme', 'light');
  expect(await background()).toBe(light);
  await frame.theme.click();
  await expect(html).toHaveAttribute('data-theme', 'dark');
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  await page.reload();
  await expect(html).toHaveAttribute('data-theme', 'dark');
  expect(await background()).toBe(dark);
  await frame.isLive();
  await frame.theme.click();
  await expect(html).toHaveAttribute('data-theme', 'auto');
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(background).toBe(dark);
  await page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(background).toBe(light);
});

test('with reduced motion nothing moves', async ({ page, runyard }) => {
  const [frame, generator, runs] = [new Frame(page), new Generator(page), new Runs(page)];
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await frame.open(runyard);
  await generator.field('steps').fill('30');
  await generator.run.click();
  await runs.expectStatus('1-of-1', 'running', 30_000);
  const moving = () =>
    page.evaluate(() =>
      document.getAnimations().filter((animation) => {
        const timing = animation.effect?.getComputedTiming();
        return Number(timing?.duration ?? 0) * Number(timing?.iterations ?? 1) > 20;
      }).length,
    );
  expect(await moving()).toBe(0);
  await frame.room('Monitor').click();
  await expect(page.getByTestId('monitor-tile')).toHaveCount(1);
  expect(await moving()).toBe(0);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
});
