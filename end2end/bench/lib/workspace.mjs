// Temporary folders and everything that runs in them: gone when the benchmark ends, however it ends.

import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { processesOf } from './processes.mjs';
import { sleep } from './stats.mjs';

export class Workspace {
  constructor() {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), 'runyard-bench-')));
    this.made = 0;
  }

  /** A new folder with these files: `{ 'a.py': 'text' }`. */
  folder(name, files = {}) {
    this.made += 1;
    const folder = join(this.root, `${this.made}-${name}`);
    mkdirSync(folder);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  }

  /** A copy of a folder of this workspace. */
  copy(folder, name) {
    this.made += 1;
    const copy = join(this.root, `${this.made}-${name}`);
    cpSync(folder, copy, { recursive: true });
    return copy;
  }

  drop(folder) {
    if (!folder.startsWith(this.root)) throw new Error(`\`${folder}\` is not in the workspace`);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Ends what still runs in here and removes the folder. */
  async close() {
    for (let round = 0; round < 40; round += 1) {
      const left = processesOf(this.root);
      if (left.length === 0) break;
      for (const pid of left) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself in the meantime.
        }
      }
      await sleep(25);
    }
    this.drop(this.root);
  }
}
