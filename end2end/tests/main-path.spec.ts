// The main job: an unmodified training script, a sweep, the exact grid, parallel runs with live logs.

import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { RunPage } from '../pages/run.ts';
import { Confirm, Runs } from '../pages/runs.ts';
import { expect, test } from '../support/test.ts';

const IMAGE = resolve(dirname(fileURLToPath(import.meta.url)), '../../docs/images/generator.png');
const EPOCHS = '30';
/** For a run that is still going on when it is cancelled. */
const TOO_MANY_EPOCHS = '5000';
const RUN_MS = 45_000;

test.use({ options: { example: 'digits' } });

test('the address is exchanged for a cookie and loses its token', async ({ page, runyard, context }) => {
  await new Frame(page).open(runyard);
  expect(page.url()).toBe(`${runyard.origin}/`);
  const cookies = await context.cookies();
  const ours = cookies.find((cookie) => cookie.value.includes(runyard.token));
  expect(ours).toMatchObject({ httpOnly: true, sameSite: 'Lax', domain: '127.0.0.1' });
  expect(await page.evaluate(() => document.cookie)).not.toContain(runyard.token);
});

test('the form shows every argument of the script with help, choices, defaults and groups', { tag: '@phone' }, async ({ page, runyard }) => {
  const generator = new Generator(page);
  await new Frame(page).open(runyard);
  await expect(generator.titles).toHaveText(['data', 'model', 'training', 'Parameters']);
  const expected: [string, string, string, string][] = [
    // key, section, default, help
    ['train_size', 'data', '1400', 'images to train on, at most 1437'],
    ['augment', 'data', 'false', 'each image in a direction of its own'],
    ['noise', 'data', '0.0', 'standard deviation of noise'],
    ['hidden', 'model', '[64, 32]', 'sizes of the hidden layers'],
    ['activation', 'model', 'relu', 'activation function'],
    ['epochs', 'training', '80', 'passes over the training images'],
    ['batch_size', 'training', '16', 'has to be at most --train-size'],
    ['lr', 'training', '0.001', 'initial learning rate'],
    ['optimizer', 'training', 'adam', 'how the weights are updated'],
    ['weight_decay', 'training', '0.0001', 'strength of the L2 penalty'],
    ['seed', 'Parameters', '0', 'seed of every random choice'],
    ['name', 'Parameters', 'digits', 'a text to recognise this run by'],
  ];
  await expect(page.locator('[data-testid^="field-row-"]')).toHaveCount(expected.length);
  for (const [key, section, value, help] of expected) {
    await expect(generator.section(section).getByTestId(`field-row-${key}`)).toContainText(help);
    await expect(generator.field(key)).toHaveAttribute('placeholder', value);
    await expect(generator.field(key)).toHaveValue('');
  }
  for (const choice of ['relu', 'tanh', 'logistic']) {
    await expect(generator.choice('activation', choice)).toBeVisible();
  }
  await expect(generator.choice('activation', 'relu')).toHaveAttribute('aria-pressed', 'true');
  await generator.choice('activation', 'tanh').click();
  await expect(generator.field('activation')).toHaveValue('tanh');
  await expect(generator.count).toHaveText('1 task');
});

test('a sweep is previewed exactly, runs in parallel, is watched, cancelled and run again', { tag: '@phone' }, async ({ page, runyard }, info) => {
  test.setTimeout(150_000);
  const [frame, generator, runs, run] = [new Frame(page), new Generator(page), new Runs(page), new RunPage(page)];
  await frame.open(runyard);
  await frame.mark();

  await test.step('the grid appears while typing', async () => {
    await generator.field('lr').pressSequentially('0.001 | 0.01 | 0.1');
    await expect(generator.expansion('lr')).toHaveText('→ 3 values: 0.001, 0.01, 0.1');
    await expect(generator.count).toHaveText('3 tasks');
    await generator.expectRows([['1', '0.001'], ['2', '0.01'], ['3', '0.1']]);

    await generator.field('seed').fill('1:2');
    await expect(generator.expansion('seed')).toHaveText('→ 2 values: 1, 2');
    await generator.field('optimizer').fill('adam | sgd');
    await expect(generator.count).toHaveText('3 × 2 × 2 = 12 tasks');
    const axes = generator.count.locator('.factor');
    await expect(axes).toHaveCount(3);
    expect(await axes.evaluateAll((all) => all.map((axis) => axis.getAttribute('data-axes')))).toEqual(['lr', 'optimizer', 'seed']);
    const points = ['0.001', '0.01', '0.1'].flatMap((lr) => ['adam', 'sgd'].flatMap((how) => ['1', '2'].map((seed) => [lr, how, seed])));
    await generator.expectRows(points.map((point, at) => [String(at + 1), ...point]));
    await expect(generator.run).toHaveText('Run 12 tasks');
    for (const key of ['lr', 'seed', 'optimizer']) {
      await expect(generator.row(key)).toHaveAttribute('data-mark', 'swept');
    }
    await expect(generator.row('epochs')).not.toHaveAttribute('data-mark', 'swept');
  });

  if (process.env.UPDATE_SCREENSHOT === '1' && info.project.name === 'desktop') {
    await generator.preview.getByRole('heading').first().click();
    await expect(page.getByTestId('toast')).toHaveCount(0);
    await page.screenshot({ path: IMAGE, animations: 'disabled', caret: 'hide' });
    expect(statSync(IMAGE).size).toBeLessThan(200_000);
  }

  await test.step('two of three tasks run at the same time', async () => {
    await generator.reset('seed').click();
    await generator.reset('optimizer').click();
    await expect(generator.field('seed')).toHaveValue('');
    await generator.field('epochs').fill(EPOCHS);
    await generator.slots.fill('2');
    await generator.slots.blur();
    await expect(generator.run).toHaveText('Run 3 tasks');
    await generator.run.click();
    await expect(page).toHaveURL(/\/runs$/);
    await expect(runs.rows).toHaveCount(3);
    await expect(runs.row('1-of-3')).toContainText('0.001');
    await expect(runs.row('3-of-3')).toContainText('0.1');
    await expect(runs.row('1-of-3')).not.toContainText('epochs');
    await expect.poll(() => runs.statuses(), { timeout: RUN_MS }).toEqual(['running', 'running', 'queued']);
    await expect(frame.statusBar).toContainText('2 running');
    await expect(frame.statusBar).toContainText('1 queued');
  });

  await test.step('the log is live: colours, and one bar in its newest state', async () => {
    await runs.open('1-of-3');
    await run.expectStatus('running', RUN_MS);
    const bar = run.log.rows.filter({ hasText: /\d+%\|/ });
    await expect(bar).toHaveCount(1, { timeout: RUN_MS });
    await expect(bar.locator('span[style*="color"]').first()).toBeVisible();
    const first = await bar.textContent();
    await expect(bar).not.toHaveText(first ?? '');
    await expect(run.log.tail.filter({ hasText: /\d+%\|/ })).toHaveCount(1);
    await expect(run.log.rows.filter({ hasText: 'digits: ' }).locator('span[style*="color"]').first()).toBeVisible();
    // A moment without it is the bar's own: it is taken away while a line is written above it.
    expect(await bar.count()).toBeLessThanOrEqual(1);
    await expect(bar).toHaveCount(1);
  });

  await test.step('states change without a reload', async () => {
    await run.expectStatus('completed', RUN_MS);
    await expect(run.exitCode).toHaveText('0');
    const bars = run.log.rows.filter({ hasText: /\d+%\|/ });
    await expect(bars).toHaveCount(1);
    await expect(bars).toContainText('100%|');
    await expect(run.log.rows.filter({ hasText: 'best validation accuracy' })).toHaveCount(1);
    await expect(run.log.rows.filter({ hasText: /^\s*epoch +\d+ +loss/ })).toHaveCount(Number(EPOCHS));
    await run.tab('command').click();
    await expect(run.command).toContainText('--lr 0.001');
    await expect(run.command).toContainText(`--epochs ${EPOCHS}`);
    await run.tab('config').click();
    await expect(run.config).toContainText('lr: 0.001');
    await frame.expectNoReload();
  });

  await test.step('a finished task runs again, and its history is kept', async () => {
    await run.rerun.click();
    await expect(run.number(2)).toBeVisible();
    await expect(run.number(2)).toHaveAttribute('aria-pressed', 'true');
    await run.expectStatus('completed', RUN_MS);
    await run.number(1).click();
    await expect(run.number(1)).toHaveAttribute('aria-pressed', 'true');
    await run.tab('log').click();
    await expect(run.log.rows.filter({ hasText: 'best validation accuracy' })).toHaveCount(1);
  });

  await test.step('a running task is cancelled', async () => {
    await frame.room('Generator').click();
    await generator.field('lr').fill('0.01');
    await generator.field('epochs').fill(TOO_MANY_EPOCHS);
    await generator.run.click();
    await runs.expectStatus('1-of-1', 'running', RUN_MS);
    await runs.open('1-of-1');
    await run.expectStatus('running', RUN_MS);
    await expect(run.log.rows.filter({ hasText: /\d+%\|/ })).toHaveCount(1, { timeout: RUN_MS });
    await run.cancel.click();
    const confirm = new Confirm(page);
    await expect(confirm.dialog).toContainText('Cancel 1 running task?');
    await confirm.yes.click();
    await run.expectStatus('cancelled', RUN_MS);
    await expect(run.outcome).toHaveText('cancelled by a person');
    await frame.room('Runs').click();
    await expect.poll(() => runs.statuses(), { timeout: RUN_MS }).toEqual(['cancelled', 'completed', 'completed', 'completed']);
    await frame.expectNoReload();
  });
});
