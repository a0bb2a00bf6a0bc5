// The victim's requests are of the idle I/O class, and the scheduler sends such requests after all others: beside a neighbour that would leave
// room for others it starves by its own class. Told from an ordinary neighbour by the class of its requests.
// Source: Documentation/block/ioprio.rst, Documentation/block/bfq-iosched.rst; block/mq-deadline.c (prio_aging_expire); ioprio_set(2): a thread
// without a class of its own has that of its CPU scheduling, so SCHED_IDLE makes its I/O idle as well.

import { intersect } from '../base/intervals.js';
import { IO_CLASS, ioClasses } from '../analysis/requests/io-class.js';
import { POLICY, worthOfThread } from '../analysis/machine/priority.js';
import { timesIn } from '../analysis/measures.js';
import { percent } from '../base/format.js';
import { number, part, said, time } from '../model/quantity.js';
import { IDLE_CLASS } from '../model/thresholds/block.js';
import { HARM, NEIGHBOUR } from '../model/thresholds/device.js';
import { advise, change } from './judge/advice.js';
import type { Given } from './judge/needs.js';
import { harmOf, NEIGHBOUR_WAITS, type NeighbourHarm } from './judge/neighbour-harm.js';
import { diskName } from './judge/judgements.js';
import { defineCause, holds, notChecked, ramp, ruledOut } from './cause.js';

type Company = Given<'victim' | 'sleeps' | 'disk' | 'requests' | 'neighbours'>;

/** Schedulers that send idle requests last (CONFIG_IOSCHED_BFQ; mq-deadline since Linux 5.14). */
const HEEDING = new Set(['bfq', 'mq-deadline']);

/** The requests of the disk whose class is known: the victim's and others', and how many of each are idle. */
function classesOf({ input, topology, requests, load, account }: Company) {
  const classes = ioClasses(requests, input, topology);
  const count = { own: 0, ownIdle: 0, others: 0, othersIdle: 0 };
  for (const row of load.rows) {
    const known = classes[row] ?? IO_CLASS.unknown;
    if (known === IO_CLASS.unknown) continue;
    const isIdle = Number(known === IO_CLASS.idle);
    if (account.own[row] === 0) {
      count.others += 1;
      count.othersIdle += isIdle;
    } else {
      count.own += 1;
      count.ownIdle += isIdle;
    }
  }
  return count;
}

/** The device on the victim's way whose scheduler goes by classes, with that; a loop device passes them on. */
function heeding({
  input,
  topology,
  disk,
  top,
}: Company): { readonly device: string; readonly scheduler: string } | undefined {
  const facts = input.facts.at(-1);
  for (const id of [...(top === undefined ? [] : [top]), disk, ...topology.beneath(disk)]) {
    const scheduler = /\[(.+)\]/.exec(facts?.devices.get(id)?.queue.get('scheduler') ?? '')?.[1] ?? '';
    if (HEEDING.has(scheduler)) return { device: topology.name(id), scheduler };
  }
  return undefined;
}

interface Figures {
  readonly harm: NeighbourHarm;
  readonly classes: ReturnType<typeof classesOf>;
  readonly by: NonNullable<ReturnType<typeof heeding>>;
}

/** Makes its I/O as everybody's: by its own class, or by that of its CPU scheduling where it has none. */
function asOthers(m: Company) {
  const { input, account } = m;
  const worth = worthOfThread(input, account.thread);
  if (worth?.kind === 'thread' && POLICY[worth.policy] === 'SCHED_IDLE')
    return change(
      `chrt -o -p 0 ${account.thread}`,
      'how it competes for CPUs and disks',
      `\`chrt -i -p 0 ${account.thread}\``,
    );
  const who = account.threads.size > 1 ? `$(ls /proc/${account.pid}/task)` : String(account.thread);
  return change(`ionice -c 2 -n 4 -p ${who}`, 'the class of its I/O', `\`ionice -c 3 -p ${who}\``);
}

export const cause = defineCause({
  id: 'blk.idle-class',
  layer: 'block',
  rank: 'verdict',
  proof: 'company',
  waits: ['block-device', 'block-queue'],
  needs: ['victim', 'sleeps', 'disk', 'requests', 'neighbours'],
  beneath: true,
  judge(m) {
    const by = heeding(m);
    if (!by) return ruledOut('no scheduler on the way of its requests goes by their class');
    const harm = harmOf(m);
    if (!harm?.noticed || harm.slowed < HARM.slowed) return ruledOut('others’ requests hardly hold it up');
    const classes = classesOf(m);
    const { own, ownIdle, others, othersIdle } = classes;
    if (own === 0) return notChecked('the class of its requests was not recorded (newer kernels tell it)');
    if (ownIdle < IDLE_CLASS.leastOwn * own)
      return ruledOut(`${percent(ownIdle / own)} of its requests are of the idle class`);
    if (others === 0 || othersIdle > (1 - IDLE_CLASS.leastOthers) * others)
      return ruledOut('its requests are of the idle class, and so are those of others');
    const confidence =
      ramp(harm.slowed, { from: HARM.slowed, ...NEIGHBOUR.slowed }) *
      ramp(harm.share, { from: HARM.leastShare, ...NEIGHBOUR.share });
    const lost = intersect(timesIn(m.account, NEIGHBOUR_WAITS), m.neighbours.company);
    const before = ['dev.neighbour', 'dev.slow', 'dev.capped', 'blk.scheduler'];
    return holds({ share: Math.min(1, harm.share), confidence, before, lost }, { harm, classes, by });
  },
  tell: ({ harm, classes, by }: Figures, m) => ({
    sentence: `The victim’s requests are of the idle I/O class: the scheduler ${by.scheduler} of ${by.device} sends such requests after those of everybody else, and ${harm.first.origin.name} was served during ${percent(harm.share)} of the victim’s time while the victim waited.`,
    yardstick: {
      measure: 'its requests of the idle class',
      value: said`${part(classes.ownIdle / classes.own)}`,
      against: `of others’: ${percent(classes.othersIdle / classes.others)}`,
    },
    culprit: { kind: 'setting', name: `idle I/O class of ${m.account.name}`, pid: m.account.pid },
    evidence: [
      {
        measure: 'class of its requests',
        value: said`idle: ${number(classes.ownIdle)} of ${number(classes.own)} (${part(classes.ownIdle / classes.own)})`,
        meaning: `of others’ requests ${percent(classes.othersIdle / classes.others)} are`,
        source: 'block:block_rq_issue (ioprio)',
      },
      {
        measure: 'the victim’s own requests',
        value: said`${time(m.neighbours.contendedMeanMs)} each while others were served`,
        meaning: `on ${diskName(m)}, from the queue to the answer`,
        source: 'block:block_bio_queue → block:block_rq_complete',
      },
      {
        measure: 'scheduler',
        value: by.scheduler,
        meaning: 'sends idle requests last; the scheduler none goes by no class',
        source: `/sys/block/${by.device}/queue/scheduler`,
      },
    ],
    advice: [
      advise`Let its I/O be as that of others: ${asOthers(m)}. What starts it gives it the class again (ionice, or IOSchedulingClass= of a unit).`,
      `Otherwise it waits for ${harm.first.origin.name} as it was told to: for work that may wait that is right.`,
    ],
  }),
});
