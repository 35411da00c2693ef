// The page of a batch file: choose, look, run.

import type { Locator, Page } from '@playwright/test';

export class Batch {
  readonly input: Locator;
  readonly path: Locator;
  readonly text: Locator;
  readonly entries: Locator;
  readonly problems: Locator;
  readonly count: Locator;
  readonly run: Locator;
  readonly create: Locator;

  constructor(readonly page: Page) {
    this.input = page.getByTestId('batch-input');
    this.path = page.getByTestId('batch-path');
    this.text = page.getByTestId('batch-text');
    this.entries = page.getByTestId('batch-entry');
    this.problems = page.getByTestId('batch-problem');
    this.count = page.getByTestId('batch-count');
    this.run = page.getByTestId('batch-run');
    this.create = page.getByTestId('batch-create');
  }

  /** Chooses a file of this name and text. */
  async choose(name: string, text: string): Promise<void> {
    await this.input.setInputFiles({ name, mimeType: 'application/toml', buffer: Buffer.from(text) });
  }

  /** Drops it, as a file manager does. */
  async drop(name: string, text: string): Promise<void> {
    const transfer = await this.page.evaluateHandle(
      ([called, content]) => {
        const data = new DataTransfer();
        data.items.add(new File([content ?? ''], called ?? ''));
        return data;
      },
      [name, text],
    );
    for (const type of ['dragover', 'drop']) await this.text.dispatchEvent(type, { dataTransfer: transfer });
  }
}
