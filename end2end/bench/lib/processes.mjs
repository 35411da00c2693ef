// What the kernel counts about a process (Linux).

import { readdirSync, readFileSync } from 'node:fs';

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** `key: 123 kB` lines of a /proc file as numbers. */
function fields(text) {
  const found = {};
  for (const line of text.split('\n')) {
    const match = /^(\w+):\s+(\d+)/.exec(line);
    if (match) found[match[1]] = Number(match[2]);
  }
  return found;
}

/** Memory in MiB: resident, resident shared out fairly, and the highest resident so far. */
export function memory(pid) {
  const status = fields(read(`/proc/${pid}/status`));
  const rollup = fields(read(`/proc/${pid}/smaps_rollup`));
  return { rss: status.VmRSS / 1024, pss: rollup.Pss / 1024, anonymous: status.RssAnon / 1024, peak: status.VmHWM / 1024 };
}

/** CPU time in ms (nanosecond counters of the scheduler, not ticks), voluntary switches, and both per thread. */
export function activity(pid) {
  const threads = {};
  let cpuMs = 0;
  let wakeUps = 0;
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    const name = read(`/proc/${pid}/task/${tid}/comm`).trim();
    const cpu = Number(read(`/proc/${pid}/task/${tid}/schedstat`).split(' ')[0] || 0) / 1e6;
    const switches = fields(read(`/proc/${pid}/task/${tid}/status`)).voluntary_ctxt_switches ?? 0;
    threads[`${name}/${tid}`] = { cpuMs: cpu, wakeUps: switches };
    cpuMs += cpu;
    wakeUps += switches;
  }
  return { cpuMs, wakeUps, threads };
}

/**
 * What was used between two looks, threads that did nothing left out. A thread that has ended takes its counters with it,
 * so a fair window begins when the process has settled.
 */
export function difference(before, after) {
  const threads = {};
  const used = { cpuMs: 0, wakeUps: 0, threads };
  for (const [name, late] of Object.entries(after.threads)) {
    const early = before.threads[name] ?? { cpuMs: 0, wakeUps: 0 };
    const own = { cpuMs: late.cpuMs - early.cpuMs, wakeUps: late.wakeUps - early.wakeUps };
    used.cpuMs += own.cpuMs;
    used.wakeUps += own.wakeUps;
    if (own.cpuMs > 0 || own.wakeUps > 0) threads[name] = own;
  }
  return used;
}

/** Processes whose command line, folder or environment names `folder`, this one left out. */
export function processesOf(folder) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => ['cmdline', 'environ'].some((file) => read(`/proc/${name}/${file}`).includes(folder)))
    .map(Number);
}
