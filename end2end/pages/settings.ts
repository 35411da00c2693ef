// The Settings page: fields by key, variables, the way in for a phone.

import { expect, type Locator, type Page } from '@playwright/test';

export class Settings {
  readonly bar: Locator;
  readonly save: Locator;
  readonly discard: Locator;
  readonly error: Locator;
  readonly variables: Locator;
  readonly interpreters: Locator;
  readonly phone: Locator;

  constructor(readonly page: Page) {
    this.bar = page.getByTestId('save-bar');
    this.save = page.getByTestId('settings-save');
    this.discard = page.getByTestId('settings-discard');
    this.error = page.getByTestId('settings-error');
    this.variables = page.getByTestId('variable');
    this.interpreters = page.getByTestId('interpreter');
    this.phone = page.getByTestId('phone-section');
  }

  /** The row of a setting. */
  row(key: string): Locator {
    return this.page.getByTestId(`setting-${key}`);
  }

  /** What one types into or chooses from. */
  control(key: string): Locator {
    return this.page.locator(`[id="setting-${key}"]`);
  }

  async saved(): Promise<void> {
    await this.save.click();
    await expect(this.bar).toBeHidden();
  }

  async addVariable(name: string, value: string, isSecret = false): Promise<void> {
    await this.page.getByTestId('variable-name').fill(name);
    await this.page.getByTestId('variable-value').fill(value);
    if (isSecret) await this.page.getByTestId('variable-secret').check();
    await this.page.getByTestId('variable-add').click();
    await expect(this.variables.filter({ hasText: name })).toHaveCount(1);
  }
}
