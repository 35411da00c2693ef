// Short runs of a script with a heavy import: a new process each, beside forks of a warm interpreter.

import { BINARY, PYTHON, timed } from '../lib/server.mjs';
import { median, times } from '../lib/stats.mjs';

export const name = 'fork';

/** What `make bench` installs anyway; the first of these that can be imported is measured. */
const CANDIDATES = ['sklearn.linear_model', 'numpy', 'asyncio'];

const script = (module) => `import argparse
import ${module}

parser = argparse.ArgumentParser()
parser.add_argument("--i", type=int, default=0)
parser.parse_args()
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
  const ours = (n, more) => {
    const folder = workspace.folder('fork', { 'x.py': script(module) });
    return timed(BINARY, ['run', 'x.py', `i=1:${n}`, '--python', PYTHON, '-j', '1', ...more], { cwd: folder });
  };
  const warm = ['--warm', module];
  // In turns, so that all meet the same load. One run more is the cost of a fork: the imports are in both.
  const samples = await times(quick ? 1 : 3, async () => ({
    plain: await ours(few, []),
    one: await ours(1, warm),
    forked: await ours(many + 1, warm),
  }));
  const fork = (what) => samples.map(({ forked, one }) => (forked[what] - one[what]) / many);
  const plain = (what) => samples.map((sample) => sample.plain[what] / few);
  const row = (what, values, unit, rest = {}) => ({ what, value: median(values), unit, samples: values, ...rest });
  const peer = (what) => ({ peer: { what: 'subprocess', value: median(plain(what)) } });
  return [
    row(`import ${module}, fork: CPU per further run`, fork('cpuMs'), 'ms', peer('cpuMs')),
    row(`import ${module}, fork: wall per further run`, fork('wallMs'), 'ms', peer('wallMs')),
  ];
}
