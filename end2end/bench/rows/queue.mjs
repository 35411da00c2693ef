// The cost of one trivial task: 200 times /bin/true on 2 slots, beside `xargs -P2`.

import { TRIVIAL } from '../lib/scripts.mjs';
import { BINARY, timed } from '../lib/server.mjs';
import { median, times } from '../lib/stats.mjs';
import { TRUE } from '../lib/tasks.mjs';

export const name = 'queue';

// Folders stay until the end: removing files slows down whoever makes files next.
function runyard(workspace, n) {
  const folder = workspace.folder('queue', { 'x.py': TRIVIAL });
  return timed(BINARY, ['run', 'x.py', `i=1:${n}`, '--python', TRUE, '-j', '2'], { cwd: folder });
}

const xargs = (n) => timed('bash', ['-c', `seq ${n} | xargs -n1 -P2 ${TRUE}`]);

export async function run({ workspace, quick }) {
  const n = quick ? 50 : 200;
  // In turns, so that both meet the same load.
  const samples = await times(quick ? 1 : 5, async () => ({
    peer: await xargs(n),
    ours: await runyard(workspace, n),
    one: await runyard(workspace, 1),
  }));
  const of = (who, what) => samples.map((sample) => sample[who][what]);
  const each = (who, what) => of(who, what).map((ms) => ms / n);
  const ratios = samples.map(({ peer, ours }) => ours.wallMs / peer.wallMs);
  const marginal = samples.map(({ ours, one }) => (ours.wallMs - one.wallMs) / (n - 1));
  const row = (what, values, unit, rest = {}) => ({ what, value: median(values), unit, samples: values, ...rest });
  const peerWall = median(each('peer', 'wallMs'));
  const peerCpu = median(each('peer', 'cpuMs'));
  return [
    row(`${n} x /bin/true on 2 slots: wall per task`, each('ours', 'wallMs'), 'ms', { peer: { what: 'xargs -P2', value: peerWall } }),
    row('ratio to xargs -P2, wall', ratios, 'x', { budget: 3, note: 'start, submission and all records included' }),
    row('CPU per task', each('ours', 'cpuMs'), 'ms', { peer: { what: 'xargs -P2', value: peerCpu } }),
    row('wall per further task', marginal, 'ms', { note: 'without the cost of a run of 1 task' }),
    row('run of 1 task, start to end', of('one', 'wallMs'), 'ms'),
  ];
}
