// Short runs of a script with a heavy import: a new process each, beside forks of a warm interpreter.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BINARY, PYTHON, timed } from '../lib/server.mjs';
import { median, times } from '../lib/stats.mjs';

export const name = 'fork';

/** What `make bench` installs anyway; the first of these that can be imported is measured. */
const CANDIDATES = ['sklearn.linear_model', 'numpy', 'asyncio'];

/** Writes the CPU time of its own process, or that of its interpreter and of all that this has forked before. */
const script = (module) => `import argparse, os, time
import ${module}

parser = argparse.ArgumentParser()
parser.add_argument("--i", type=int, default=0)
parser.parse_args()
if "RUNYARD_WARM" in os.environ:
    with open(f"/proc/{os.getppid()}/stat") as stat:
        ticks = stat.read().rsplit(")", 1)[1].split()[11:15]
    cpu = sum(map(int, ticks)) * 1000 / os.sysconf("SC_CLK_TCK")
else:
    cpu = time.process_time() * 1000
with open("cpu.txt", "a") as file:
    file.write(f"{cpu}\\n")
`;

async function heaviest() {
  for (const module of CANDIDATES) {
    try {
      await timed(PYTHON, ['-c', `import ${module}`]);
      return module;
    } catch {
      // It is not installed.
    }
  }
  throw new Error(`\`${PYTHON}\` can import none of ${CANDIDATES.join(', ')}`);
}

export async function run({ workspace, quick }) {
  const module = await heaviest();
  const few = quick ? 3 : 10;
  const many = quick ? 10 : 50;
  async function ours(n, more) {
    const folder = workspace.folder('fork', { 'x.py': script(module) });
    const { wallMs } = await timed(BINARY, ['run', 'x.py', `i=1:${n}`, '--python', PYTHON, '-j', '1', ...more], { cwd: folder });
    return { wallMs, cpu: readFileSync(join(folder, 'cpu.txt'), 'utf8').trim().split('\n').map(Number) };
  }
  const warm = ['--warm', module];
  // In turns, so that all meet the same load. One run more is the cost of a fork: the imports are in both.
  const samples = await times(quick ? 1 : 3, async () => ({
    plain: await ours(few, []),
    one: await ours(1, warm),
    forked: await ours(many + 1, warm),
  }));
  const forkWall = samples.map(({ forked, one }) => (forked.wallMs - one.wallMs) / many);
  const forkCpu = samples.map(({ forked: { cpu } }) => (cpu.at(-1) - cpu[0]) / many);
  const plainWall = samples.map(({ plain }) => plain.wallMs / few);
  const plainCpu = samples.map(({ plain: { cpu } }) => median(cpu));
  const row = (what, values, peer) => ({
    what: `import ${module}, fork: ${what}`,
    value: median(values),
    unit: 'ms',
    samples: values,
    peer: { what: 'subprocess', value: median(peer) },
  });
  return [row('CPU per run', forkCpu, plainCpu), row('wall per further run', forkWall, plainWall)];
}
