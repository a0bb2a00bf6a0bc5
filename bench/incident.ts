// The incident that this program comes from, on one machine: a daemon that everybody suspects and a kernel that nobody does, crossed in four arms whose runs
// are made in guests of qemu. On one of the two kernels the dirty limit collapses a while after the load began, by bench/incident/collapse, which stands for
// a defect of that kernel. It should end with the page that says that it is not the daemon but the kernel, with the cause.
//
//   sudo node dist/bench/incident.js FOLDER [--repeats 4] [--seconds 40]
//
// It needs what `npm run kernels` needs. Besides what it measures a run takes some 40 s on an idle machine where KVM does not work, so that the sixteen take
// less than half an hour; whoever ends it goes on with `iowitness experiment --resume FOLDER/incident.exp`. Four runs of each arm are the fewest by which a
// thing that two pairs of arms differ in can be blamed at 1 %.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const CLONE = path.resolve(import.meta.dirname, '../..');
const MAIN = path.join(CLONE, 'dist/src/cli/main.js');

const { values, positionals } = parseArgs({
  options: { repeats: { type: 'string', default: '4' }, seconds: { type: 'string', default: '40' } },
  allowPositionals: true,
});
const [folder] = positionals;
if (folder === undefined) throw new Error('Name a folder for the plan, the experiment and the page.');

const program = (name: string) => path.join(CLONE, 'bench/incident', name);
const MONITOR = 'iow-monitor';
/** How long the workload goes on before a run is recorded. */
const SETTLE_SECONDS = 10;
/** A fall is told by sixty intervals before it and thirty since, of which a run has 180: it is to come between a third and four fifths of it. */
const collapsesAfter = SETTLE_SECONDS + Math.ceil(0.45 * Number(values.seconds));
const without = `changes: [{ stop-process: ${MONITOR} }]`;
const plan = `name: monitor or kernel
volume: /data
machine:
  memory: 1G
  volume: { size: 512M }
  start: [${program(MONITOR)}, '${program('collapse')} ${collapsesAfter}']
workload:
  command: 'while :; do dd if=/dev/zero of=x bs=4k count=4000 conv=notrunc 2>/dev/null; done'
arms:
  - { name: as it is, kernel: '6.1' }
  - { name: without the monitor, kernel: '6.1', ${without} }
  - { name: newer kernel, kernel: '6.12' }
  - { name: 'newer kernel, no monitor', kernel: '6.12', ${without} }
repeats: ${values.repeats}
block: ${values.repeats}
run: ${values.seconds}s
settle: ${SETTLE_SECONDS}s
`;

mkdirSync(folder, { recursive: true });
const file = path.join(folder, 'incident.yaml');
writeFileSync(file, plan);
const args = [
  'experiment',
  file,
  '-o',
  path.join(folder, 'incident.exp'),
  '--html',
  path.join(folder, 'incident.html'),
];
const { status } = spawnSync(process.execPath, [MAIN, ...args], { stdio: 'inherit' });
process.exitCode = status ?? 2;
