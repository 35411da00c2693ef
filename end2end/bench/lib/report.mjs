// The table for people and the JSON file for programs.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { BINARY, PYTHON, ROOT } from './server.mjs';

/** Whether a figure keeps its budget; empty without one. */
export function verdict({ value, budget }) {
  if (budget === undefined) return '';
  return value <= budget ? 'pass' : 'over';
}

function number(value) {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const withUnit = (value, unit) => (unit ? `${number(value)} ${unit}` : number(value).replace(/\.0+$/, ''));

/** One line of the table. */
export function line(row) {
  const budget = row.budget === undefined ? '' : `${row.budget} ${row.unit}`.trim();
  const peer = row.peer ? `${row.peer.what}: ${withUnit(row.peer.value, row.unit)}` : '';
  const rest = [peer, row.note].filter(Boolean).join('; ');
  const columns = [row.what.padEnd(54), withUnit(row.value, row.unit).padStart(11), budget.padStart(9), verdict(row).padEnd(4), rest];
  return columns.join('  ').trimEnd();
}

export const HEAD = ['what'.padEnd(54), 'measured'.padStart(11), 'budget'.padStart(9), '    ', 'beside, notes'].join('  ');

function said(command, args) {
  try {
    return execFileSync(command, args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

/** What the figures depend on. */
export function surroundings(browser) {
  return {
    date: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? null,
      cores: cpus().length,
      memory_mib: Math.round(totalmem() / 1024 / 1024),
      kernel: release(),
      system: /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? null,
    },
    versions: {
      runyard: said(BINARY, ['--version']),
      commit: said('git', ['describe', '--always', '--dirty']),
      chromium: browser.version(),
      node: process.version,
      python: said(PYTHON, ['--version']),
    },
    load: loadavg(),
  };
}

export function save(result) {
  const path = join(ROOT, 'target/bench.json');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
  return path;
}
