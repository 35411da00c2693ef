// The Runs page: the list of tasks, filters, selection.

import { expect, type Locator, type Page } from '@playwright/test';

export class Runs {
  readonly rows: Locator;
  readonly list: Locator;
  readonly total: Locator;
  readonly search: Locator;
  readonly selectAll: Locator;
  readonly bulk: Locator;
  readonly empty: Locator;

  constructor(readonly page: Page) {
    this.rows = page.getByTestId('task-row');
    this.list = page.getByTestId('task-list');
    this.total = page.getByTestId('runs-total');
    this.search = page.getByTestId('task-search');
    this.selectAll = page.getByTestId('select-all');
    this.bulk = page.getByTestId('bulk-bar');
    this.empty = page.getByTestId('empty');
  }

  /** The row of the task whose name ends so, `1-of-3`. */
  row(ending: string): Locator {
    return this.page.locator(`[data-testid="task-row"][data-task$="${ending}"]`);
  }

  filter(status: string): Locator {
    return this.page.getByTestId(`filter-${status}`);
  }

  /** The statuses in the list at one moment, from top to bottom. */
  async statuses(): Promise<string[]> {
    return this.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-status') ?? ''));
  }

  async expectStatus(ending: string, status: string, timeout?: number): Promise<void> {
    await expect(this.row(ending)).toHaveAttribute('data-status', status, { timeout });
  }

  async open(ending: string): Promise<void> {
    await this.row(ending).getByTestId('task-link').click();
  }
}

/** The question before something that cannot be undone. */
export class Confirm {
  readonly dialog: Locator;
  readonly yes: Locator;
  readonly no: Locator;

  constructor(page: Page) {
    this.dialog = page.locator('[data-testid="confirm"][open]');
    this.yes = this.dialog.getByTestId('confirm-yes');
    this.no = this.dialog.getByTestId('confirm-no');
  }
}
