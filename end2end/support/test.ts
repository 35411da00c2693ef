// `test` with a server per test, and a page whose errors fail the test.

import { test as base, expect } from '@playwright/test';
import { Runyard, type StartOptions } from './server.ts';

interface Fixtures {
  /** What `runyard` serves: `test.use({ options: { example: 'digits' } })`; the quick example unless told. */
  options: StartOptions;
  /** A server of the test's own, stopped afterwards. */
  runyard: Runyard;
  /** Messages the page may print without failing the test, for tests that take the server away. */
  allowedErrors: RegExp[];
}

export const test = base.extend<Fixtures>({
  options: [{}, { option: true }],
  allowedErrors: [[], { option: true }],

  runyard: async ({ options }, use, info) => {
    const runyard = await Runyard.start(options);
    await use(runyard);
    await runyard.stop();
    if (info.status !== info.expectedStatus) {
      await info.attach('server output', { body: runyard.output, contentType: 'text/plain' });
    }
  },

  // It asks for the server, so that its errors are counted before the server is taken away.
  page: async ({ page, allowedErrors, runyard: _ }, use) => {
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(`console: ${message.text()}`);
    });
    await use(page);
    const left = errors.filter((error) => !allowedErrors.some((allowed) => allowed.test(error)));
    expect(left, 'the page printed no errors').toEqual([]);
  },
});

export { expect, Runyard };
