// How runs are planned: kept, shown as a command line, changed on a task's page; what a run used and what its record warns of.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { Runs } from '../pages/runs.ts';
import { expect, test } from '../support/test.ts';

const BINARY = process.env.RUNYARD_BIN || new URL('../../target/release/runyard', import.meta.url).pathname;

test('the plan is kept with the experiment, for every browser', async ({ page, runyard, browser }) => {
  const [frame, generator] = [new Frame(page), new Generator(page)];
  await frame.open(runyard);
  await page.getByTestId('how-it-runs').locator('summary').click();
  await page.locator('[id="plan-policy.priority"]').fill('7');
  await page.locator('[id="plan-policy.retry.max"]').fill('2');
  await generator.expectSaved();
  const other = await browser.newContext();
  const there = await other.newPage();
  await there.goto(runyard.url);
  await there.getByTestId('how-it-runs').locator('summary').click();
  await expect(there.locator('[id="plan-policy.priority"]')).toHaveValue('7');
  await expect(there.locator('[id="plan-policy.retry.max"]')).toHaveValue('2');
  await other.close();
});

test('the command line of a form asks for what the form asks for', async ({ page, runyard }) => {
  const [frame, generator] = [new Frame(page), new Generator(page)];
  await frame.open(runyard);
  await generator.field('label').fill("it's | two words");
  await generator.field('steps').fill('1:3');
  await generator.prefix.fill('mine');
  await page.getByTestId('how-it-runs').locator('summary').click();
  await page.locator('[id="plan-policy.priority"]').fill('-5');
  await page.locator('[id="plan-policy.time_limits.soft_ms"]').fill('90 min');
  await page.locator('[id="plan-execution.capture"]').selectOption('pty');
  await page.getByTestId('command-preview').locator('summary').click();
  const line = page.getByTestId('command-words');
  await expect(line).toContainText('--priority=-5');
  await expect(line).toContainText('--timeout=1h30m');
  await expect(page.getByTestId('command-unsaid')).toHaveCount(0);
  // A shell reads it back: the same points, and nothing that the options do not know.
  const text = (await line.innerText()).replace(/^runyard run/, `"${BINARY}" run --dry-run --json`);
  const printed = JSON.parse(execFileSync('sh', ['-c', text], { cwd: runyard.folder, encoding: 'utf8' }));
  expect(printed.count).toBe(6);
  const first = printed.tasks[0];
  expect(first.name).toMatch(/^mine_/);
  expect(first.argv).toContain("it's");
});

test('a waiting task is planned anew on its page', async ({ page, runyard }) => {
  const [frame, generator, runs] = [new Frame(page), new Generator(page), new Runs(page)];
  await frame.open(runyard);
  await generator.field('label').fill('a | b');
  await generator.create.click();
  await runs.open('1-of-2');
  await page.getByTestId('tab-plan').click();
  const priority = page.locator('[id="plan-policy.priority"]');
  await priority.fill('12');
  await page.getByTestId('plan-save').click();
  await expect(frame.toast).toContainText('Changed');
  await page.reload();
  await expect(priority).toHaveValue('12');
  await frame.room('Runs').click();
  await expect(runs.row('1-of-2').locator('.priority')).toHaveText('+12');
});

test('what a run used is drawn, and read as a table', { tag: '@phone' }, async ({ page, runyard }) => {
  const [frame, generator, runs] = [new Frame(page), new Generator(page), new Runs(page)];
  await frame.open(runyard);
  await generator.field('steps').fill('30');
  await generator.run.click();
  await runs.expectStatus('1-of-1', 'completed', 60_000);
  await runs.open('1-of-1');
  await page.getByTestId('tab-usage').click();
  const usage = page.getByTestId('usage');
  await expect(usage).toBeVisible();
  await expect(usage.locator('svg').first()).toBeVisible();
  await frame.expectNoSidewaysScroll();
});

test('what a record warns of stands on the run page', async ({ page, runyard }) => {
  const [frame, generator, runs] = [new Frame(page), new Generator(page), new Runs(page)];
  await frame.open(runyard);
  await generator.run.click();
  await runs.expectStatus('1-of-1', 'completed', 30_000);
  // A page that stays open would say that its server is gone.
  await page.goto('about:blank');
  await runyard.kill('SIGTERM');
  const tasks = join(runyard.folder, '_runyard_/steps/tasks');
  const record = join(tasks, readdirSync(tasks)[0] ?? '', 'runs/1/run.json');
  const run = JSON.parse(readFileSync(record, 'utf8'));
  writeFileSync(record, JSON.stringify({ ...run, warnings: ['no control group could be made: <b>read-only</b>'] }));
  await runyard.restart();
  await frame.open(runyard);
  await frame.room('Runs').click();
  await runs.open('1-of-1');
  await expect(page.getByTestId('run-warnings')).toHaveText('no control group could be made: <b>read-only</b>');
});
