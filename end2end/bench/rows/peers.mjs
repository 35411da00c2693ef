// The cost of one trivial task beside other queues on this machine: those that are installed, in turns with ours.

import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { TRIVIAL } from '../lib/scripts.mjs';
import { BINARY, environment, timed } from '../lib/server.mjs';
import { median, times } from '../lib/stats.mjs';
import { TRUE } from '../lib/tasks.mjs';

export const name = 'peers';

const SLOTS = 2;

/** Every peer keeps what its users get from it by default; where it can keep results, it does, as we do. */
const PEERS = [
  {
    what: 'xargs -P2',
    program: 'xargs',
    note: 'keeps nothing: the floor',
    run: (n) => timed('bash', ['-c', `seq ${n} | xargs -n1 -P${SLOTS} ${TRUE}`]),
  },
  {
    what: 'GNU parallel',
    program: 'parallel',
    note: '--joblog --results',
    run(n, folder) {
      const keep = `--joblog ${join(folder, 'log')} --results ${join(folder, 'results')}`;
      return timed('bash', ['-c', `seq ${n} | parallel --will-cite -j${SLOTS} ${keep} ${TRUE} > /dev/null`]);
    },
  },
  {
    what: 'task-spooler',
    program: 'tsp',
    note: 'outputs kept, no records',
    run(n, folder) {
      const socket = join(folder, 's');
      const queue = `for i in $(seq ${n}); do tsp ${TRUE} > /dev/null; done; tsp -w $((${n} - 1)); while tsp | grep -q running; do :; done; tsp -K`;
      return timed('bash', ['-c', `export TS_SOCKET=${socket} TMPDIR=${folder} TS_SLOTS=${SLOTS} TS_MAXFINISHED=${n}; ${queue}`]);
    },
  },
  {
    what: 'pueue',
    program: 'pueue',
    note: 'daemon started before; added in one go',
    run: pueue,
  },
];

async function pueue(n, folder) {
  const env = { ...environment(), XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, XDG_RUNTIME_DIR: folder, HOME: folder };
  const daemon = spawn('pueued', [], { env, stdio: 'ignore' });
  const sh = (script) => timed('bash', ['-c', script], { env });
  try {
    await sh(`until pueue status > /dev/null 2>&1; do sleep 0.05; done; pueue parallel ${SLOTS} > /dev/null`);
    return await sh(`for i in $(seq ${n}); do pueue add -- ${TRUE} > /dev/null; done; pueue wait --quiet`);
  } finally {
    daemon.kill();
  }
}

function isInstalled({ program }) {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export async function run({ workspace, quick }) {
  const n = quick ? 50 : 200;
  const peers = PEERS.filter(isInstalled);
  const ours = () => {
    const folder = workspace.folder('peers', { 'x.py': TRIVIAL });
    return timed(BINARY, ['run', 'x.py', `i=1:${n}`, '--python', TRUE, '-j', `${SLOTS}`], { cwd: folder });
  };
  const samples = await times(quick ? 1 : 3, async () => {
    const sample = { ours: await ours() };
    for (const peer of peers) sample[peer.what] = await peer.run(n, workspace.folder('peer', {}));
    return sample;
  });
  const each = (who) => samples.map((sample) => sample[who].wallMs / n);
  const mine = median(each('ours'));
  const missing = PEERS.filter((peer) => !peers.includes(peer)).map(({ what }) => what);
  const rows = peers.map(({ what, note }) => ({
    what: `${n} x /bin/true on ${SLOTS} slots: ${what}, wall per task`,
    value: median(each(what)),
    unit: 'ms',
    samples: each(what),
    peer: { what: 'runyard', value: mine },
    note,
  }));
  if (missing.length > 0) rows.at(-1).note += `; not installed here: ${missing.join(', ')}`;
  return rows;
}
