// The real binary: started, asked and ended.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import http from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { now } from './stats.mjs';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const BINARY = process.env.RUNYARD_BIN || join(ROOT, 'target/release/runyard');
export const PYTHON = process.env.RUNYARD_PYTHON || join(ROOT, 'target/venv/bin/python');

const START_MS = 30_000;
const STOP_MS = 8_000;

/** Fails with the remedy if what is measured is not there. */
export function checkBuild() {
  if (!existsSync(BINARY)) throw new Error(`\`${BINARY}\` is missing: run \`make build\``);
  if (!existsSync(PYTHON)) throw new Error(`\`${PYTHON}\` is missing: run \`make bench\`, which makes it`);
}

/** The environment of what is measured: without the switches a terminal or a test runner may have set. */
export function environment() {
  const { FORCE_COLOR: _force, NO_COLOR: _no, RUNYARD_LOG: _log, ...rest } = process.env;
  return rest;
}

export class Server {
  /** Starts `runyard SCRIPT` in `folder`; returns when it has printed its address. */
  static async start(folder, script, { python = PYTHON } = {}) {
    const server = new Server();
    const args = [script, '--port', '0', '--no-browser', '--python', python];
    server.output = '';
    server.spawnedAt = now();
    server.child = spawn(BINARY, args, { cwd: folder, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    server.url = await new Promise((found, failed) => {
      const fail = (why) => failed(new Error(`\`runyard ${args.join(' ')}\` ${why}:\n${server.output}`));
      const timer = setTimeout(() => fail(`printed no address within ${START_MS} ms`), START_MS);
      const listen = (chunk) => {
        server.output += chunk;
        const url = /http:\/\/127\.0\.0\.1:\d+\/\?token=\w+(?=\s)/.exec(server.output);
        if (url) {
          clearTimeout(timer);
          found(url[0]);
        }
      };
      server.child.stdout.on('data', listen);
      server.child.stderr.on('data', listen);
      server.child.once('error', (error) => fail(`did not start (${error.message})`));
      server.child.once('exit', (code, signal) => {
        clearTimeout(timer);
        fail(`ended with ${signal ?? code}`);
      });
    });
    server.origin = new URL(server.url).origin;
    server.token = new URL(server.url).searchParams.get('token');
    return server;
  }

  get pid() {
    return this.child.pid;
  }

  /** A GET with the token in a header: status, body and ms until the last byte. */
  get(path) {
    return get(`${this.origin}${path}`, { authorization: `Bearer ${this.token}` });
  }

  /** The parsed answer of an API path; fails unless it is 200. */
  async json(path) {
    const answer = await this.get(path);
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body);
  }

  /** A POST with a JSON body; the parsed answer; fails unless it is a success. */
  async post(path, body) {
    const response = await fetch(`${this.origin}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }

  /** Ends the server; what it started goes on. */
  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }
}

/** One GET on a connection of its own. */
export function get(url, headers = {}) {
  const begin = now();
  return new Promise((done, failed) => {
    const request = http.get(url, { headers, agent: false }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString(), ms: now() - begin }),
      );
      response.on('error', failed);
    });
    request.on('error', failed);
  });
}

/** Runs a command to its end: wall and CPU time of it and everything it waited for, ms. */
export async function timed(command, args, { cwd, stdout = 'ignore', env = environment() } = {}) {
  // bash's `time` is the one portable way to the CPU time of a whole tree of waited-for children.
  const script = 'TIMEFORMAT="%R %U %S"; { time "$@" 2>&4 >&3; } 4>&2';
  const child = spawn('bash', ['-c', `exec 3>&1; ${script}`, 'bash', command, ...args], {
    cwd,
    env: { ...env, LC_ALL: 'C' },
    stdio: ['ignore', stdout, 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk) => (text += chunk));
  const code = await new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', done);
  });
  const line = text.trim().split('\n').at(-1).trim();
  const [real, user, system] = line.split(/\s+/).map(Number);
  if (code !== 0 || Number.isNaN(system)) throw new Error(`\`${command} ${args.join(' ')}\` ended with ${code}:\n${text}`);
  return { wallMs: real * 1000, cpuMs: (user + system) * 1000 };
}
