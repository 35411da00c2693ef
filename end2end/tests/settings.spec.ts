// The Settings page: the person's file stays theirs, secrets stay secret, nothing typed is lost or overwritten.

import { readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { Settings } from '../pages/settings.ts';
import { expect, type Runyard, test } from '../support/test.ts';

const file = (runyard: Runyard) => join(runyard.folder, '_runyard_/settings.toml');

test('a setting is changed in its line, counts at once, and goes back to its default', { tag: '@phone' }, async ({ page, runyard }) => {
  const [frame, settings] = [new Frame(page), new Settings(page)];
  writeFileSync(file(runyard), '# our box\nmax_tasks = 50 # small\n');
  await frame.open(runyard);
  await frame.room('Settings').click();
  await expect(settings.control('max_tasks')).toHaveValue('50');
  await expect(settings.bar).toBeHidden();
  await settings.control('max_tasks').fill('7');
  await expect(settings.row('max_tasks')).toHaveAttribute('data-changed', 'true');
  await settings.control('run.stop_signal').selectOption('int');
  await expect(settings.bar).toContainText('2 unsaved changes');
  await settings.saved();
  await expect(frame.toast).toContainText('Settings saved');
  expect(readFileSync(file(runyard), 'utf8')).toBe('# our box\nmax_tasks = 7 # small\n\n[run]\nstop_signal = "int"\n');
  await settings.row('max_tasks').getByRole('button', { name: 'Back to the default' }).click();
  await expect(settings.control('max_tasks')).toHaveValue('10000');
  await settings.saved();
  expect(readFileSync(file(runyard), 'utf8')).not.toContain('max_tasks');
  await settings.control('port').fill('9001');
  await settings.saved();
  await expect(settings.row('port').getByTestId('pending')).toHaveText('counts from the next start');
  await expect(settings.row('python').getByTestId('overridden')).toBeVisible();
  await frame.expectNoSidewaysScroll();
});

test('what is wrong is said at the field and cannot be saved', async ({ page, runyard }) => {
  const [frame, settings] = [new Frame(page), new Settings(page)];
  await frame.open(runyard);
  await frame.visit(runyard, '/settings');
  await settings.control('slots').fill('0');
  await expect(settings.row('slots').getByRole('alert')).toHaveText('A number from 1 to 1\u202f024.');
  await expect(settings.control('slots')).toHaveAttribute('aria-invalid', 'true');
  await expect(settings.save).toBeDisabled();
  await settings.control('slots').fill('3');
  await expect(settings.save).toBeEnabled();
  await settings.discard.click();
  await expect(settings.control('slots')).toHaveValue('2');
});

test.describe('refusals of the server', () => {
  test.use({ allowedErrors: [/status of 4\d\d/] });

  test('who has not seen the newest file is told so, and keeps what was typed', async ({ page, runyard }) => {
    const [frame, settings] = [new Frame(page), new Settings(page)];
    await frame.open(runyard);
    await frame.visit(runyard, '/settings');
    await settings.control('slots').fill('5');
    writeFileSync(file(runyard), 'max_tasks = 9\n');
    await settings.save.click();
    await expect(settings.error).toContainText('has been changed since this page read it');
    expect(readFileSync(file(runyard), 'utf8')).toBe('max_tasks = 9\n');
    await page.getByTestId('settings-reload').click();
    await expect(settings.control('max_tasks')).toHaveValue('9');
    await expect(settings.control('slots')).toHaveValue('5');
    await settings.saved();
    expect(readFileSync(file(runyard), 'utf8')).toBe('max_tasks = 9\nslots = 5\n');
  });

  test('an interpreter that does not run is refused at its field', async ({ page, runyard }) => {
    const [frame, settings] = [new Frame(page), new Settings(page)];
    await frame.open(runyard);
    await frame.visit(runyard, '/settings');
    await settings.control('python').fill('/bin/false');
    await settings.save.click();
    await expect(settings.error).toContainText('does not run');
    await expect(settings.control('python')).toHaveAttribute('aria-invalid', 'true');
    await page.getByTestId('find-interpreters').click();
    await expect(settings.interpreters.first()).toBeVisible({ timeout: 30_000 });
    const works = settings.interpreters.filter({ hasText: /3\.\d+\.\d+/ }).first();
    const path = await works.locator('code').innerText();
    await works.click();
    await expect(settings.control('python')).toHaveValue(path);
    await settings.saved();
    expect(readFileSync(file(runyard), 'utf8')).toContain(path);
  });
});

test('what was typed outlives a look at another page', async ({ page, runyard }) => {
  const [frame, settings] = [new Frame(page), new Settings(page)];
  await frame.open(runyard);
  await frame.room('Settings').click();
  await settings.control('slots').fill('4');
  await frame.room('Runs').click();
  await frame.room('Settings').click();
  await expect(settings.control('slots')).toHaveValue('4');
  await expect(settings.bar).toContainText('1 unsaved change');
  let asked = false;
  page.on('dialog', (dialog) => {
    asked = true;
    void dialog.accept();
  });
  await page.reload();
  expect(asked, 'a closed tab asks first').toBe(true);
  await frame.isLive();
});

test.describe('variables', () => {
  test.use({ options: { files: { 'seen.py': 'import os\nprint("SEEN", os.environ.get("OMP_NUM_THREADS"), len(os.environ.get("HF_TOKEN", "")))\n' }, script: 'seen.py' } });

  test('variables reach every run, and a secret one is never shown again', async ({ page, runyard }) => {
    const [frame, settings, generator] = [new Frame(page), new Settings(page), new Generator(page)];
    await frame.open(runyard);
    await frame.room('Settings').click();
    await settings.addVariable('OMP_NUM_THREADS', '3');
    await page.getByTestId('variable-name').fill('HF_TOKEN');
    await expect(page.getByTestId('variable-value')).toHaveAttribute('type', 'password');
    await settings.addVariable('HF_TOKEN', 'hf_secret_value');
    await page.reload();
    await expect(settings.variables.filter({ hasText: 'OMP_NUM_THREADS' })).toContainText('3');
    await expect(settings.variables.filter({ hasText: 'HF_TOKEN' })).toContainText('never shown');
    expect(await page.content()).not.toContain('hf_secret_value');
    expect(readFileSync(file(runyard), 'utf8')).not.toContain('hf_secret_value');
    await frame.room('Generator').click();
    await generator.run.click();
    await page.getByTestId('task-link').first().click();
    await expect(page.getByText('SEEN 3 15')).toBeVisible({ timeout: 30_000 });
  });
});

test('on this machine only there is no way in for a phone', async ({ page, runyard }) => {
  const [frame, settings] = [new Frame(page), new Settings(page)];
  await frame.open(runyard);
  await frame.visit(runyard, '/settings');
  await expect(settings.phone.getByTestId('phone-off')).toContainText('--allow-remote');
  await expect(settings.phone.getByTestId('phone-code')).toBeHidden();
});

const lan = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address;

test.describe('served to other machines on purpose', () => {
  test.skip(!lan, 'this machine has no address beyond its own');
  test.use({ options: { args: ['--host', lan ?? '', '--allow-remote'] } });

  test('a phone gets in with the code, once', async ({ page, runyard, browser }) => {
    const [frame, settings] = [new Frame(page), new Settings(page)];
    await frame.open(runyard);
    await frame.visit(runyard, '/settings');
    await settings.phone.getByTestId('phone-code').click();
    const figure = settings.phone.getByTestId('phone-figure');
    await expect(figure.locator('svg')).toBeVisible();
    const url = (await figure.getAttribute('data-url')) ?? '';
    expect(url).toContain(`http://${lan}:`);
    expect(url).not.toContain(runyard.token);
    const phone = await browser.newContext();
    const tab = await phone.newPage();
    await tab.goto(url);
    await expect(tab).toHaveURL(`http://${lan}:${runyard.port}/`);
    await new Frame(tab).isLive();
    const another = await browser.newContext();
    const answer = await (await another.newPage()).goto(url);
    expect(answer?.status(), 'the code works once').toBe(401);
    await phone.close();
    await another.close();
  });
});
