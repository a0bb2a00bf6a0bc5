// The process is slow because it asks for nothing: it sleeps by its own choice, or waits for input. The machine does not hold it up.

import type { Timeline } from '../model/timeline.js';
import type { VictimAccount } from '../model/account.js';
import { shareOf, timesIn } from '../analysis/measures.js';
import { total } from '../base/intervals.js';
import type { State } from '../model/states.js';
import { percent } from '../base/format.js';
import { part, said, time } from '../model/quantity.js';
import type { Case } from '../model/case.js';
import type { Advice } from '../model/diagnosis.js';
import { isThere } from '../analysis/machine/processes.js';
import { wakersOf, type Waker } from '../analysis/victim/wakers.js';
import { advise, look } from './judge/advice.js';
import { chainArguments, circleOf, mostlyAtEnd, throughText } from './judge/chains.js';
import { defineCause, holds, ramp, ruledOut } from './cause.js';
import { FIDELITY } from './judge/fidelity.js';
import type { Given } from './judge/needs.js';
import { jamOf } from './judge/java-lock.js';
import { IDLE } from '../model/thresholds/application.js';

const ASLEEP: readonly State[] = ['asleep', 'pipe-socket'];
/** A thread may also wait for another of its process to give it work; that is idleness where all of them are idle. */
const WITHOUT_WORK: readonly State[] = [...ASLEEP, 'user-lock'];

function idlePart(segments: Timeline): number {
  const wall = (segments.at(-1)?.to ?? 0) - (segments.at(0)?.from ?? 0);
  const idle = total(segments.timesIn(WITHOUT_WORK));
  return wall > 0 ? idle / wall : 1;
}

/** The states in which it is idle: a lock is one of them only where no thread has anything to do for which the lock could be kept. */
function idleStates({ lines }: VictimAccount): readonly State[] {
  return [...lines.values()].every((segments) => idlePart(segments) >= IDLE.leastShare) ? WITHOUT_WORK : ASLEEP;
}

/** The program that ended most of its waits at sockets and pipes. */
function feederOf(account: VictimAccount, input: Case): Waker | undefined {
  const feeder = wakersOf(account, input, ['pipe-socket']).find(({ own }) => !own);
  return feeder && feeder.ms >= IDLE.leastOfWaits * (account.ms.get('pipe-socket') ?? 0) ? feeder : undefined;
}

/** With commands where the process has not ended. */
function lookAtFeeders({ input, account: { pid } }: Given<'victim'>): (Advice | string)[] {
  const what = 'Look at what feeds it: the peer of its socket, the producer of its pipe, its own pacing or schedule';
  if (!isThere(input, pid)) return [`${what}.`];
  return [
    advise`${what}: ${look(`ss -ap | grep pid=${pid},`)} shows the other ends of its sockets, ${look(`ls -l /proc/${pid}/fd`)} its pipes.`,
  ];
}

export const cause = defineCause({
  id: 'app.idle',
  layer: 'application',
  rank: 'otherwise',
  proof: 'time',
  waits: ['asleep', 'pipe-socket'],
  needs: ['victim'],
  judge(m) {
    const { account, input } = m;
    const jam = jamOf(m);
    if (jam !== undefined) return ruledOut(jam);
    const circle = circleOf(m);
    if (circle !== undefined) return ruledOut(circle);
    const states = idleStates(account);
    const idle = shareOf(account, states);
    if (idle < IDLE.leastShare) return ruledOut(`it was idle for only ${percent(idle)} of its time`);
    const confidence = ramp(idle, { from: IDLE.leastShare, ...IDLE.sure }) * FIDELITY[account.source].ofStates;
    return holds(
      { share: idle, confidence, lost: timesIn(account, states) },
      { idle, feeder: feederOf(account, input), end: mostlyAtEnd(m, 'idle') },
    );
  },
  tell({ idle, feeder, end }, m) {
    const { account } = m;
    const waits = shareOf(account, ['pipe-socket']);
    const who = feeder && `${feeder.name} (${feeder.pid})`;
    const forWhat = end
      ? `waiting at a pipe or socket for ${end.name} (${end.pid})${throughText(end)}, which slept of its own accord`
      : who === undefined
        ? 'waiting for input, a socket or a timer'
        : `waiting at a socket or pipe until ${who} sent something`;
    const how = waits > idle / 2 ? forWhat : 'sleeping by its own choice';
    // Whether a peer is slow to answer or has nothing to ask is told by who wakes it alone.
    const untold = account.source === 'samples' && !end && waits > idle / 2;
    return {
      sentence: untold
        ? `The process itself is not held up: it was idle for ${percent(idle)} of its time, ${how}; whether somebody kept it waiting there is not told by counters alone.`
        : `Nothing holds the process up: it was idle for ${percent(idle)} of its time, ${how}.`,
      yardstick: {
        measure: 'idle',
        value: said`${part(idle)} of its time`,
        against: `it ran for ${percent(shareOf(account, ['running']))}`,
      },
      culprit: null,
      evidence: [
        {
          measure: 'idle',
          value: said`${time(idle * (account.to - account.from))} (${part(idle)})`,
          meaning: `${percent(waits)} in poll, a pipe or a socket, ${percent(idle - waits)} asleep; it ran for ${percent(shareOf(account, ['running']))}`,
          source: FIDELITY[account.source].waits,
        },
        ...(end ? chainArguments(end) : []),
        ...(feeder && who !== undefined
          ? [
              {
                measure: 'who woke it',
                value: said`${who}, after ${time(feeder.ms)}`,
                meaning: 'it sent what the process waited for: its next order, or an answer that took so long',
                source: 'sched:sched_waking',
              },
            ]
          : []),
      ],
      advice: [
        ...lookAtFeeders(m),
        ...(untold ? ['Record as root: that shows who ends its waits.'] : []),
        ...(feeder
          ? [
              advise`If it waits for answers, record the one that gives them: ${look(`iowitness record --pid ${feeder.pid}`)}.`,
            ]
          : []),
      ],
    };
  },
});
