// The runs list with 10,000 tasks: the answers of the server, and filters in the page.

import { open, withPage } from '../lib/browser.mjs';
import { Server } from '../lib/server.mjs';
import { median, quantile, times } from '../lib/stats.mjs';
import { TRUE } from '../lib/tasks.mjs';

export const name = 'list';

const TASKS = 10_000;
const QUERIES = {
  'first rows': '',
  'last rows': '?offset=9900',
  'search of all': '?q=i%3D9999',
  'status filter': '?status=pending',
};

/** Performs `act` in the page and waits until the list says `total`: ms between the two. */
const until = (page, act, total) =>
  page.evaluate(
    ({ act, total }) =>
      new Promise((done) => {
        const begin = performance.now();
        const look = () => {
          const shown = document.querySelector('[data-testid=runs-total]')?.textContent.replace(/\D/g, '');
          const rows = document.querySelectorAll('[data-testid=task-row]').length;
          if (shown !== String(total) || (total > 0 && rows === 0)) return;
          observer.disconnect();
          done(performance.now() - begin);
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { childList: true, subtree: true, characterData: true });
        if (act.click) document.querySelector(`[data-testid=${act.click}]`).click();
        else {
          const input = document.querySelector('[data-testid=task-search]');
          input.value = act.search;
          input.dispatchEvent(new Event('input', { bubbles: true }));
        }
      }),
    { act, total },
  );

export async function run({ browser, projects, quick }) {
  const folder = await projects.with(TASKS);
  const server = await Server.start(folder, 'x.py', { python: TRUE });
  try {
    await server.json('/api/v1/tasks');
    const rows = [];
    for (const [what, query] of Object.entries(QUERIES)) {
      const samples = await times(quick ? 5 : 30, async () => (await server.get(`/api/v1/tasks${query}`)).ms);
      rows.push({ what: `list of 10,000, ${what}: answer, p50`, value: median(samples), unit: 'ms', budget: 100, samples, note: `p99 ${quantile(samples, 0.99).toFixed(1)} ms` });
    }
    await withPage(browser, async (page) => {
      await open(page, server, '/runs');
      await page.waitForSelector('[data-testid=task-row]');
      const first = await page.evaluate(() => performance.now());
      const rounds = await times(quick ? 2 : 10, async () => ({
        none: await until(page, { click: 'filter-completed' }, 0),
        all: await until(page, { click: 'filter-completed' }, TASKS),
        one: await until(page, { search: 'i=9999' }, 1),
        back: await until(page, { search: '' }, TASKS),
      }));
      const filter = rounds.flatMap(({ none, all }) => [none, all]);
      const search = rounds.flatMap(({ one, back }) => [one, back]);
      rows.push(
        { what: 'runs page: navigation to first rows', value: first, unit: 'ms' },
        { what: 'runs page: status filter to rows, p50', value: median(filter), unit: 'ms', budget: 100, samples: filter },
        { what: 'runs page: search to rows, p50', value: median(search), unit: 'ms', samples: search, note: 'the wait for the next key included' },
      );
    });
    return rows;
  } finally {
    await server.stop();
  }
}
