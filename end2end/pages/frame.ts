// What every page has: navigation, language, theme, status bar, short messages.

import { expect, type Locator, type Page } from '@playwright/test';
import type { Runyard } from '../support/server.ts';

export class Frame {
  readonly connection: Locator;
  readonly statusBar: Locator;
  readonly toast: Locator;
  readonly language: Locator;
  readonly theme: Locator;

  constructor(readonly page: Page) {
    this.connection = page.getByTestId('connection');
    this.statusBar = page.getByTestId('status-bar');
    this.toast = page.getByTestId('toast');
    this.language = page.getByTestId('lang-switch');
    this.theme = page.getByTestId('theme-switch');
  }

  /** Opens the printed address and waits until the page is live. */
  async open(runyard: Runyard): Promise<void> {
    await this.page.goto(runyard.url);
    await this.isLive();
  }

  /** Opens a page of a server that this browser already has the cookie of. */
  async visit(runyard: Runyard, path: string): Promise<void> {
    await this.page.goto(runyard.origin + path);
    await this.isLive();
  }

  async isLive(): Promise<void> {
    await expect(this.connection).toHaveAttribute('data-state', 'open');
  }

  room(name: string): Locator {
    return this.page.getByRole('navigation').first().getByRole('link', { name, exact: true });
  }

  /** Leaves a mark in the page that a reload would wipe out. */
  async mark(): Promise<void> {
    await this.page.evaluate(() => Object.assign(window, { runyardMark: true }));
  }

  async expectNoReload(): Promise<void> {
    expect(await this.page.evaluate(() => 'runyardMark' in window), 'the page was not reloaded').toBe(true);
  }

  /** Nothing sticks out at the side. */
  async expectNoSidewaysScroll(): Promise<void> {
    await expect
      .poll(() =>
        this.page.evaluate(() => (document.scrollingElement?.scrollWidth ?? 0) - document.documentElement.clientWidth),
      )
      .toBeLessThanOrEqual(0);
  }
}
