// Without JavaScript the frame and the title are there, in the person's language.

import { expect, test } from '../support/test.ts';

test.use({ javaScriptEnabled: false });

test('the frame and the title are drawn by the server', async ({ page, runyard }) => {
  await page.goto(runyard.url);
  expect(page.url()).toBe(`${runyard.origin}/`);
  await expect(page).toHaveTitle(/Generator/);
  await expect(page.getByRole('heading', { level: 1, name: 'Generator' })).toBeVisible();
  for (const name of ['Generator', 'Runs', 'Monitor']) {
    await expect(page.getByRole('navigation').first().getByRole('link', { name, exact: true })).toBeVisible();
  }
  await page.getByRole('link', { name: 'Runs', exact: true }).first().click();
  await expect(page).toHaveURL(/\/runs$/);
  await expect(page).toHaveTitle(/Runs/);
});

test.describe('in Chinese', () => {
  test.use({ locale: 'zh-CN' });

  test('so is the language of the browser', async ({ page, runyard }) => {
    await page.goto(runyard.url);
    await expect(page.locator('html')).toHaveAttribute('lang', 'zh');
    await expect(page.getByRole('link', { name: '生成器', exact: true }).first()).toBeVisible();
  });
});

test.describe('a stranger', () => {
  test.use({ allowedErrors: [/status of 401/] });

  test('gets no page, and no token', async ({ page, runyard }) => {
    const answer = await page.goto(`${runyard.origin}/`);
    expect(answer?.status()).toBe(401);
    expect(await page.content()).not.toContain(runyard.token);
  });
});
