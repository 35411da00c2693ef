// The Generator: fields, preview, submission.

import { expect, type Locator, type Page } from '@playwright/test';

export class Generator {
  readonly parameters: Locator;
  readonly search: Locator;
  readonly onlyChanged: Locator;
  readonly resetAll: Locator;
  readonly saveState: Locator;
  readonly formTab: Locator;
  readonly yamlTab: Locator;
  readonly yaml: Locator;
  readonly yamlError: Locator;
  readonly preview: Locator;
  readonly count: Locator;
  readonly problems: Locator;
  readonly tooMany: Locator;
  readonly points: Locator;
  readonly pointList: Locator;
  readonly goToPoint: Locator;
  readonly prefix: Locator;
  readonly slots: Locator;
  readonly create: Locator;
  readonly run: Locator;
  readonly submitError: Locator;

  constructor(readonly page: Page) {
    this.parameters = page.getByTestId('parameters');
    this.search = page.getByTestId('parameter-search');
    this.onlyChanged = page.getByTestId('only-changed');
    this.resetAll = page.getByTestId('reset-all');
    this.saveState = page.getByTestId('save-state');
    this.formTab = page.getByTestId('tab-form');
    this.yamlTab = page.getByTestId('tab-yaml');
    this.yaml = page.getByTestId('yaml-editor');
    this.yamlError = page.getByTestId('yaml-error');
    this.preview = page.getByTestId('preview');
    this.count = page.getByTestId('preview-count');
    this.problems = page.getByTestId('preview-errors');
    this.tooMany = page.getByTestId('too-many');
    this.points = page.getByTestId('preview-row');
    this.pointList = page.getByTestId('preview-list');
    this.goToPoint = page.getByTestId('go-to-point');
    this.prefix = page.getByTestId('prefix');
    this.slots = page.getByTestId('slots');
    this.create = page.getByTestId('create-button');
    this.run = page.getByTestId('run-button');
    this.submitError = page.getByTestId('submit-error');
  }

  field(key: string): Locator {
    return this.page.getByTestId(`field-${key}`);
  }

  /** The field with its label, marks, helper and help. */
  row(key: string): Locator {
    return this.page.getByTestId(`field-row-${key}`);
  }

  expansion(key: string): Locator {
    return this.page.getByTestId(`field-expansion-${key}`);
  }

  error(key: string): Locator {
    return this.page.getByTestId(`field-error-${key}`);
  }

  /** The titles of the sections, from top to bottom. */
  get titles(): Locator {
    return this.parameters.locator('.section > summary');
  }

  section(title: string): Locator {
    return this.parameters.locator('.section').filter({ has: this.page.getByRole('heading', { name: title, exact: true }) });
  }

  reset(key: string): Locator {
    return this.page.getByTestId(`reset-${key}`);
  }

  pin(key: string): Locator {
    return this.page.getByTestId(`pin-${key}`);
  }

  choice(key: string, value: string): Locator {
    return this.page.getByTestId(`choice-${key}-${value}`);
  }

  /** The cells of the points in sight: `[['1', '0.001'], …]`. */
  async rows(): Promise<string[][]> {
    return this.points.evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
  }

  async expectRows(rows: string[][]): Promise<void> {
    await expect.poll(() => this.rows()).toEqual(rows);
  }

  /** What was typed has reached the server. */
  async expectSaved(): Promise<void> {
    await expect(this.saveState).toHaveAttribute('data-state', 'saved');
  }
}
