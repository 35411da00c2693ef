// `node end2end/bench/main.mjs [--only NAME[,NAME]] [--quick]`: measures Runyard and prints a table.
//
// A figure over its budget is a finding, not a failure: the exit code is 0 as long as everything could be measured.

import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { launch } from './lib/browser.mjs';
import { HEAD, line, save, surroundings, verdict } from './lib/report.mjs';
import { checkBuild } from './lib/server.mjs';
import { Projects } from './lib/tasks.mjs';
import { Workspace } from './lib/workspace.mjs';
import * as backlog from './rows/backlog.mjs';
import * as flood from './rows/flood.mjs';
import * as fork from './rows/fork.mjs';
import * as history from './rows/history.mjs';
import * as idle from './rows/idle.mjs';
import * as latency from './rows/latency.mjs';
import * as list from './rows/list.mjs';
import * as page from './rows/page.mjs';
import * as peers from './rows/peers.mjs';
import * as preview from './rows/preview.mjs';
import * as queue from './rows/queue.mjs';
import * as start from './rows/start.mjs';
import * as submit from './rows/submit.mjs';

/** In this order: what makes large projects comes before what uses them. */
const ROWS = [queue, peers, backlog, fork, submit, start, history, idle, page, preview, latency, flood, list];

const USAGE = `usage: node end2end/bench/main.mjs [--only NAME[,NAME]] [--quick]
  --only   measure only these: ${ROWS.map(({ name }) => name).join(', ')}
  --quick  fewer repeats, for a first look`;

function options() {
  try {
    const { values } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean' }, help: { type: 'boolean' } } });
    const only = values.only?.split(',');
    const unknown = only?.filter((name) => !ROWS.some((row) => row.name === name)) ?? [];
    if (unknown.length > 0) throw new Error(`nothing is called \`${unknown.join('`, `')}\``);
    return { ...values, chosen: only ? ROWS.filter(({ name }) => only.includes(name)) : ROWS };
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

async function measure(workspace, { chosen, quick = false }) {
  const browser = await launch();
  try {
    const bench = { workspace, browser, quick, projects: new Projects(workspace, browser) };
    const result = { format: 1, quick, ...surroundings(browser), rows: [] };
    console.log(HEAD);
    let failed = 0;
    for (const { name, run } of chosen) {
      try {
        for (const row of await run(bench)) {
          console.log(line(row));
          result.rows.push({ name, ...row, verdict: verdict(row) || null, load: loadavg()[0] });
        }
      } catch (error) {
        failed += 1;
        console.log(`${name}: could not be measured`);
        console.error(error);
        result.rows.push({ name, what: name, error: error.message });
      }
    }
    return { result, failed };
  } finally {
    await browser.close();
  }
}

async function main() {
  const chosen = options();
  if (chosen.help) return console.log(USAGE);
  checkBuild();
  const workspace = new Workspace();
  // An interrupted benchmark leaves nothing behind either.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => void workspace.close().finally(() => process.exit(130)));
  }
  try {
    const { result, failed } = await measure(workspace, chosen);
    const over = result.rows.filter((row) => row.verdict === 'over').length;
    const load = [result.load[0], loadavg()[0]].map((one) => one.toFixed(1)).join(' to ');
    console.log(`\n${over} over budget; load of the machine ${load} on ${result.machine.cores} cores; ${save(result)}`);
    process.exitCode = failed > 0 ? 1 : 0;
  } finally {
    await workspace.close();
  }
}

await main();
