// The Generator: fields, preview, submission.

import { expect, type Locator, type Page } from '@playwright/test';

export class Generator {
  readonly parameters: Locator;
  readonly search: Locator;
  readonly onlyChanged: Locator;
  readonly resetAll: Locator;
  readonly saveState: Locator;
  readonly formTab: Locator;
  readonly treeTab: Locator;
  readonly yamlTab: Locator;
  readonly tree: Locator;
  readonly done: Locator;
  readonly undo: Locator;
  readonly templates: Locator;
  readonly templateName: Locator;
  readonly templateSave: Locator;
  readonly importFile: Locator;
  readonly importReport: Locator;
  readonly options: Locator;
  readonly conditions: Locator;
  readonly exclude: Locator;
  readonly variations: Locator;
  readonly account: Locator;
  readonly rerunDone: Locator;
  readonly probe: Locator;
  readonly probeResult: Locator;
  readonly parser: Locator;
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
    this.treeTab = page.getByTestId('tab-tree');
    this.yamlTab = page.getByTestId('tab-yaml');
    this.tree = page.getByTestId('tree');
    this.done = page.getByTestId('done-bar');
    this.undo = page.getByTestId('undo');
    this.templates = page.getByTestId('templates');
    this.templateName = page.getByTestId('template-name');
    this.templateSave = page.getByTestId('template-save');
    this.importFile = page.getByTestId('import-file');
    this.importReport = page.getByTestId('import-report');
    this.options = page.getByTestId('sweep-options');
    this.conditions = page.getByTestId('conditions');
    this.exclude = page.getByTestId('exclude');
    this.variations = page.getByTestId('variations');
    this.account = page.getByTestId('account');
    this.rerunDone = page.getByTestId('rerun-done');
    this.probe = page.getByTestId('probe');
    this.probeResult = page.getByTestId('probe-result');
    this.parser = page.getByTestId('parser-switch');
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

  /** What became of a field's default, as a word. */
  async expectMark(key: string, mark: string): Promise<void> {
    await expect(this.row(key)).toHaveAttribute('data-mark', mark);
  }

  mark(key: string): Locator {
    return this.page.getByTestId(`mark-${key}`);
  }

  /** The radio button that chooses an alternative. */
  alternative(key: string): Locator {
    return this.page.getByTestId(`choose-${key}`);
  }

  template(name: string): Locator {
    return this.page.locator(`[data-testid="template"][data-name="${name}"]`);
  }

  async openMenu(menu: Locator): Promise<void> {
    if ((await menu.getAttribute('open')) === null) await menu.locator('> summary').click();
  }

  /** What the preview says of its rows, from top to bottom. */
  async expectMarks(marks: string[]): Promise<void> {
    await expect
      .poll(() => this.points.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-mark') ?? '')))
      .toEqual(marks);
  }

  /** Drops a file of this name and text on the form, as a file manager does. */
  async drop(name: string, text: string): Promise<void> {
    const transfer = await this.page.evaluateHandle(
      ([called, content]) => {
        const data = new DataTransfer();
        data.items.add(new File([content ?? ''], called ?? ''));
        return data;
      },
      [name, text],
    );
    for (const type of ['dragover', 'drop']) await this.search.dispatchEvent(type, { dataTransfer: transfer });
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
