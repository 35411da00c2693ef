// What a project's files say: the truth that a page is compared with.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of an experiment; it is named after its script. */
export function experimentFolder(folder: string, script: string): string {
  return join(folder, '_runyard_', script.replace(/\.py$/, ''));
}

/** The names of the tasks, in order. */
export function taskNames(folder: string, script: string): string[] {
  const tasks = join(experimentFolder(folder, script), 'tasks');
  return existsSync(tasks) ? readdirSync(tasks).sort((a, b) => a.localeCompare(b, 'en', { numeric: true })) : [];
}

function runFolder(folder: string, script: string, task: string, number: number): string {
  return join(experimentFolder(folder, script), 'tasks', task, 'runs', String(number));
}

/** The captured bytes of a run. */
export function rawLog(folder: string, script: string, task: string, number = 1): Buffer {
  return readFileSync(join(runFolder(folder, script, task, number), 'output.log'));
}

/** The `status` of a run's record; empty while there is none. */
export function recordedStatus(folder: string, script: string, task: string, number = 1): string {
  try {
    return JSON.parse(readFileSync(join(runFolder(folder, script, task, number), 'run.json'), 'utf8')).status;
  } catch {
    return '';
  }
}

/** What a terminal shows of captured bytes in the end, for logs that use carriage return and colours only. */
export function shownLines(log: Buffer): string[] {
  const lines = log.toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) =>
    (line.replace(/\r+$/, '').split('\r').pop() ?? '').replace(/\x1b\[[0-9;]*[A-Za-z]/g, '').trimEnd(),
  );
}
