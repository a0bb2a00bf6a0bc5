// Threads of a JVM wait for each other's locks in a circle, and none of them ever goes on: thread dumps show who has what the other waits for. However
// the disk does meanwhile, it is not what these wait for.

import type { JavaDeadlock } from '../analysis/victim/java-deadlock.js';
import { jvmOf, WAITS } from '../analysis/victim/java-lock.js';
import type { VictimAccount } from '../model/account.js';
import { lockKindName, lockName } from '../model/lock-name.js';
import { number, part, said, time } from '../model/quantity.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { JAVA_DEADLOCK } from '../model/thresholds/locks.js';
import { percent } from '../base/format.js';
import { total } from '../base/intervals.js';
import { advise, look } from './judge/advice.js';
import { DUMPS } from './judge/java-lock.js';
import { defineCause, holds, notChecked, ruledOut } from './cause.js';

const SHOWN_LINKS = 3;
/** Two threads that wait for each other. */
const SMALLEST_CIRCLE = 2;

type Link = JavaDeadlock['circle'][number];

function threadText({ thread: { name }, task }: Link): string {
  return `“${name}”${task === undefined ? '' : ` (${task})`}`;
}

/** '“a” (12) waits for the monitor of Left, which “b” (13) has', a part for each thread of the circle. */
function linkTexts(circle: readonly Link[], lockText: (lock: Link['lock']) => string): string[] {
  return circle.map((link, at) => {
    const owner = circle[(at + 1) % circle.length] ?? link;
    return `${threadText(link)} waits for ${lockText(link.lock)}, which ${threadText(owner)} has`;
  });
}

/** The part of its time in which the thread that was held up most waited for a lock, or for what is not known. */
function waitingShare({ ms, from, to }: VictimAccount): number {
  return WAITS.reduce((sum, state) => sum + (ms.get(state) ?? 0), 0) / (to - from);
}

/** How many of its threads waited for a lock, or for what is not known, when the recording ended: whoever is in a deadlock does. */
function waitingAtEnd({ lines }: VictimAccount): number {
  return [...lines.values()].filter((line) => WAITS.includes(line.at(-1)?.state ?? 'ended')).length;
}

function sentence({ circle, behind }: JavaDeadlock): string {
  const links = linkTexts(circle, lockKindName);
  const more = links.length > SHOWN_LINKS ? [`so it goes on over ${links.length - SHOWN_LINKS} more threads`] : [];
  const others = behind === 0 ? '' : `; ${behind} more ${behind === 1 ? 'thread waits' : 'threads wait'} behind them`;
  return `A deadlock: ${[...links.slice(0, SHOWN_LINKS), ...more].join('; ')}. None of these will go on${others}.`;
}

export const cause = defineCause({
  id: 'app.deadlock',
  layer: 'application',
  rank: 'verdict',
  proof: 'time',
  waits: ['user-lock'],
  needs: ['victim'],
  judge({ account, input, javaDeadlock }) {
    const dumps = jvmOf(account, input)?.dumps ?? [];
    if (dumps.length < JAVA_DEADLOCK.leastDumps) {
      const waiting = waitingAtEnd(account);
      if (waiting < SMALLEST_CIRCLE)
        return ruledOut(`${waiting === 0 ? 'none' : 'one'} of its threads waited for a lock or for work at the end`);
      // Idle workers wait so in most programs; somebody has to be held up by it.
      const share = waitingShare(account);
      if (share < JUDGING.noticeable)
        return ruledOut(`who is held up most waited for locks or for work for ${percent(share)} of its time`);
      return notChecked(
        `${waiting} of its threads waited for locks or for work at the end; if for each other, only thread dumps of a JVM tell`,
      );
    }
    if (!javaDeadlock)
      return ruledOut(`none of its threads wait for each other in the last of ${dumps.length} thread dumps`);
    const { share, times } = javaDeadlock;
    return holds({ share, confidence: JAVA_DEADLOCK.sure, lost: times, isGlimpsed: true }, javaDeadlock);
  },
  tell: (found, { account }) => ({
    sentence: sentence(found),
    yardstick: {
      measure: 'threads that never go on',
      value: said`${number(found.circle.length + found.behind)}`,
      against: `${found.circle.length} of them in the circle`,
    },
    culprit: { kind: 'process', name: account.name, pid: account.pid },
    evidence: [
      {
        measure: 'threads in a circle',
        value: said`${number(found.circle.length)}, in ${number(found.seen)} of ${number(found.dumps)} dumps`,
        meaning: linkTexts(found.circle, lockName).join('; '),
        source: DUMPS,
      },
      {
        measure: 'held up by it',
        value: said`${number(found.circle.length + found.behind)} threads for ${time(total(found.times))}`,
        meaning: `${found.behind} of them wait behind the circle; what other threads had to do took the rest of the time`,
        source: DUMPS,
      },
      {
        measure: 'of the time of all threads with something to do',
        value: said`${part(found.share)}`,
        meaning: 'lost in the deadlock from the first dump that shows it on; it may have begun earlier',
        source: `${DUMPS}, what the kernel recorded of the other threads`,
      },
    ],
    advice: [
      advise`See in which methods these locks were taken: ${look(`iowitness threads --pid ${account.pid}`)}.`,
      'Restart the program, as nothing else ends it. Then have its threads take these locks in one order everywhere, or with a time limit (tryLock), and call nothing foreign while they hold one.',
    ],
  }),
});
