// The page of one run: its life, its log, its config, its command.

import { expect, type Locator, type Page } from '@playwright/test';

export class RunPage {
  readonly status: Locator;
  readonly outcome: Locator;
  readonly exitCode: Locator;
  readonly errorLine: Locator;
  readonly start: Locator;
  readonly cancel: Locator;
  readonly rerun: Locator;
  readonly config: Locator;
  readonly command: Locator;
  readonly environment: Locator;
  readonly differences: Locator;
  readonly duplicate: Locator;
  readonly log: Log;

  constructor(readonly page: Page) {
    this.status = page.getByTestId('run-status');
    this.outcome = page.getByTestId('outcome');
    this.exitCode = page.getByTestId('exit-code');
    this.errorLine = page.getByTestId('error-line');
    this.start = page.getByTestId('start-button');
    this.cancel = page.getByTestId('cancel-button');
    this.rerun = page.getByTestId('rerun-button');
    this.config = page.getByTestId('config-yaml');
    this.command = page.getByTestId('command-line');
    this.environment = page.getByTestId('environment');
    this.differences = page.getByTestId('config-differences');
    this.duplicate = page.getByTestId('duplicate');
    this.log = new Log(page);
  }

  tab(name: 'log' | 'config' | 'command' | 'environment'): Locator {
    return this.page.getByTestId(`tab-${name}`);
  }

  number(n: number): Locator {
    return this.page.getByTestId(`run-number-${n}`);
  }

  async expectStatus(status: string, timeout?: number): Promise<void> {
    await expect(this.status).toHaveAttribute('data-status', status, { timeout });
  }
}

/** One log: a stretch of rows in the page, the live tail behind them. */
export class Log {
  readonly root: Locator;
  readonly scroller: Locator;
  /** All row nodes in the page, the tail's included. */
  readonly rows: Locator;
  readonly tail: Locator;
  readonly follow: Locator;
  readonly unseen: Locator;
  readonly download: Locator;

  constructor(
    readonly page: Page,
    root?: Locator,
  ) {
    this.root = root ?? page.getByTestId('log');
    this.scroller = this.root.getByRole('log');
    this.rows = this.root.getByTestId('log-row');
    this.tail = this.root.getByTestId('log-tail');
    this.follow = this.root.getByTestId('log-follow');
    this.unseen = this.root.getByTestId('log-unseen');
    this.download = this.root.getByTestId('log-download');
  }

  /** The texts of the rows in the page. */
  async texts(): Promise<string[]> {
    return this.root
      .locator('[data-testid="log-row"] .log-text')
      .evaluateAll((rows) => rows.map((row) => (row.textContent ?? '').trimEnd()));
  }

  /** The rows in the page by their number in the file. */
  async numbered(): Promise<Map<number, string>> {
    const rows = await this.rows.evaluateAll((all) =>
      all.map((row): [number, string] => [
        Number(row.querySelector('.log-number')?.getAttribute('data-number') ?? NaN),
        (row.querySelector('.log-text')?.textContent ?? '').trimEnd(),
      ]),
    );
    return new Map(rows.filter(([, text]) => text !== ''));
  }

  /** The text of the first row in sight. */
  async firstInSight(): Promise<string> {
    return this.scroller.evaluate((node) => {
      const top = node.getBoundingClientRect().top;
      const rows = [...node.querySelectorAll('[data-testid="log-row"]')];
      const first = rows.find((row) => row.getBoundingClientRect().top >= top - 1);
      return (first?.querySelector('.log-text')?.textContent ?? '').trimEnd();
    });
  }

  async scrollTo(place: 'top' | 'bottom' | number): Promise<void> {
    await this.scroller.evaluate((node, to) => {
      node.scrollTop = to === 'top' ? 0 : to === 'bottom' ? node.scrollHeight : to;
    }, place);
  }
}
