// Eight axes, 10^9 points: typing stays quick, every point can be reached, the page stays small.

import { Frame } from '../pages/frame.ts';
import { Generator } from '../pages/generator.ts';
import { AXES } from '../support/scripts.ts';
import { expect, test } from '../support/test.ts';

const SCRIPT = 'axes.py';
const MAX_ROW_NODES = 100;
const MAX_TYPING_MS = 100;

test.use({ options: { script: SCRIPT, files: { [SCRIPT]: AXES } } });

test('a thousand million points are previewed while typing', async ({ page, runyard }) => {
  const generator = new Generator(page);
  await new Frame(page).open(runyard);
  for (const key of 'abcdefg') await generator.field(key).fill('1:10');
  await generator.field('h').fill('1:100');

  await test.step('the count is a formula', async () => {
    await expect(generator.count).toHaveText(/^10 × 10 × 10 × 10 × 10 × 10 × 10 × 100 = 1.000.000.000 tasks$/);
    await expect(generator.tooMany).toBeVisible();
    await expect(generator.run).toBeDisabled();
    await expect(generator.points.first()).toHaveText(/^11{8}$/);
  });

  await test.step('from a key to the new preview takes no time that one notices', async () => {
    // Drawn means: two frames later, so that the frame with the change is over.
    const times = await generator.field('d').evaluate(async (input: HTMLInputElement) => {
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      const found: number[] = [];
      for (const text of ['1:1', '1:10', '1:1', '1:12', '1:13', '1:14', '1:15', '1:16', '1:17', '1:18', '1:10']) {
        await frame();
        const start = performance.now();
        input.value = text;
        input.dispatchEvent(new InputEvent('input', { bubbles: true }));
        await frame();
        await frame();
        found.push(performance.now() - start);
      }
      return found.sort((a, b) => a - b);
    });
    const median = times[Math.floor(times.length / 2)] ?? Infinity;
    test.info().annotations.push({ type: 'typing', description: `median ${median.toFixed(1)} ms` });
    expect(median).toBeLessThan(MAX_TYPING_MS);
    await expect(generator.count).toHaveText(/1.000.000.000 tasks$/);
  });

  await test.step('any point can be gone to, and the last one is the last', async () => {
    await generator.goToPoint.fill('123456789');
    await generator.goToPoint.press('Enter');
    // 123,456,788 in the mixed base of the axes, each digit plus one.
    const cells = ['2', '3', '4', '5', '6', '7', '8', '89'];
    await expect
      .poll(async () => (await generator.rows()).find((row) => row[0]?.replace(/\D/g, '') === '123456789')?.slice(1))
      .toEqual(cells);
    await generator.goToPoint.fill('1000000000');
    await generator.goToPoint.press('Enter');
    await expect.poll(async () => (await generator.rows()).at(-1)).toEqual(
      [expect.stringMatching(/^1.000.000.000$/), '10', '10', '10', '10', '10', '10', '10', '100'],
    );
    await generator.pointList.evaluate((list) => (list.scrollTop = 0));
    await expect.poll(async () => (await generator.rows())[0]).toEqual(['1', '1', '1', '1', '1', '1', '1', '1', '1']);
    await generator.pointList.evaluate((list) => (list.scrollTop = list.scrollHeight));
    await expect(generator.points.last()).toHaveAttribute('data-index', '1000000000');
  });

  expect(await generator.points.count()).toBeLessThan(MAX_ROW_NODES);
});
