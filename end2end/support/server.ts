// Starts the real binary on a copy of an example, and ends it and everything it started.

import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const BINARY = process.env.RUNYARD_BIN || join(ROOT, 'target/release/runyard');
const PYTHON = process.env.RUNYARD_PYTHON || join(ROOT, 'target/venv/bin/python');

const START_MS = 15_000;
const STOP_MS = 8_000;

export interface StartOptions {
  /** A folder of `examples/`. */
  example?: string;
  /** The script in that folder. */
  script?: string;
  /** Further command-line options. */
  args?: string[];
  env?: Record<string, string>;
  /** Files to write into the folder first, by name: scripts of a test's own. */
  files?: Record<string, string>;
  /** A name in the folder for a link to the interpreter; runs use the link, which the test may take away. */
  pythonLink?: string;
}

/** One project folder with a server that can be killed and started again on the same port. */
export class Runyard {
  /** The address with its token, as printed; new after each start. */
  url = '';
  /** Everything the server said so far, for error messages. */
  output = '';
  private child: ChildProcess | undefined;

  private constructor(
    /** The copy of the example; ends with the test. */
    readonly folder: string,
    readonly script: string,
    readonly port: number,
    private readonly options: StartOptions,
  ) {}

  static async start(options: StartOptions = {}): Promise<Runyard> {
    const example = options.example ?? 'quick';
    const script = options.script ?? (example === 'quick' ? 'steps.py' : 'train.py');
    // The real path: it is what the command lines of runs show.
    const folder = join(realpathSync(mkdtempSync(join(tmpdir(), 'runyard-'))), example);
    cpSync(join(ROOT, 'examples', example), folder, {
      recursive: true,
      filter: (path) => !path.endsWith('_runyard_') && !path.endsWith('__pycache__'),
    });
    for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(folder, name), text);
    const runyard = new Runyard(folder, script, await freePort(), options);
    runyard.linkPython();
    try {
      await runyard.restart();
    } catch (error) {
      await runyard.stop();
      throw error;
    }
    return runyard;
  }

  /** The address without path and token. */
  get origin(): string {
    return new URL(this.url).origin;
  }

  get token(): string {
    return new URL(this.url).searchParams.get('token') ?? '';
  }

  get pid(): number {
    return this.child?.pid ?? -1;
  }

  /** Where the link to the interpreter is, if the test asked for one. */
  get pythonLink(): string | undefined {
    return this.options.pythonLink ? join(this.folder, this.options.pythonLink) : undefined;
  }

  /** Makes that link. */
  linkPython(): void {
    if (this.pythonLink) symlinkSync(PYTHON, this.pythonLink);
  }

  /** Starts the server on the same folder and port; it must not run. */
  async restart(): Promise<void> {
    const python = this.pythonLink ?? PYTHON;
    const args = [this.script, '--port', String(this.port), '--no-browser', '--python', python, ...(this.options.args ?? [])];
    const child = spawn(BINARY, args, { cwd: this.folder, env: this.environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    this.url = await new Promise((found, failed) => {
      let text = '';
      const fail = (reason: string) => failed(new Error(`\`${BINARY} ${args.join(' ')}\` ${reason}:\n${text}`));
      const timer = setTimeout(() => fail(`printed no address within ${START_MS} ms`), START_MS);
      const listen = (chunk: Buffer) => {
        this.output += chunk;
        text += plain(String(chunk));
        const url = /http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d+\/\?token=\S+(?=\s)/.exec(text);
        if (url) {
          clearTimeout(timer);
          found(url[0]);
        }
      };
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      child.once('error', (error) => fail(`did not start (${error.message})`));
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        fail(`ended with ${signal ?? code}`);
      });
    });
  }

  /** Ends the server alone; what it started goes on. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  /** Ends the server and every run, and removes the folder. */
  async stop(): Promise<void> {
    await this.kill('SIGTERM');
    for (let round = 0; round < 20; round += 1) {
      const left = this.survivors();
      if (left.length === 0) break;
      for (const pid of left) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself in the meantime.
        }
      }
      await new Promise((done) => setTimeout(done, 25));
    }
    rmSync(dirname(this.folder), { recursive: true, force: true, maxRetries: 5 });
  }

  /** Processes whose command line, environment or working directory names this test's folder (Linux only). */
  survivors(): number[] {
    if (!existsSync('/proc/self/environ')) return [];
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && Number(name) !== this.livingPid())
      .filter((name) => ['cmdline', 'environ'].some((file) => read(`/proc/${name}/${file}`).includes(this.folder)))
      .map(Number);
  }

  private livingPid(): number {
    const child = this.child;
    return child && child.exitCode === null && child.signalCode === null ? this.pid : -1;
  }

  private environment(): NodeJS.ProcessEnv {
    // The test runner sets colour switches for itself; runs would inherit them.
    const { FORCE_COLOR: _force, NO_COLOR: _no, DEBUG_COLORS: _debug, ...rest } = process.env;
    return { ...rest, ...this.options.env };
  }
}

async function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? done(address.port) : failed(new Error('no port'))));
    });
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function plain(text: string): string {
  return text.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '');
}
