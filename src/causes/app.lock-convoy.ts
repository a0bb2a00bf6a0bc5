// Threads of the process wait for one lock in user space, whose holder waits for its I/O, or, as thread dumps tell, for the other end of a socket. Whose lock
// it is tell the wake-ups, and of a JVM its thread dumps, which name it. The holder's own cause is told beside it.

import { percent } from '../base/format.js';
import { total, type Intervals } from '../base/intervals.js';
import { isThere, threadName } from '../analysis/machine/processes.js';
import type { Measures } from '../analysis/measures.js';
import { shareOfConvoy, type Convoy } from '../analysis/victim/convoy.js';
import type { JavaHolder, JavaLock } from '../analysis/victim/java-lock.js';
import type { Advice } from '../model/diagnosis.js';
import { peerName } from '../model/peer-name.js';
import { number, part, said, time, type Said } from '../model/quantity.js';
import { LOCK_CONVOY } from '../model/thresholds/application.js';
import { JUDGING } from '../model/thresholds/judging.js';
import { advise, look } from './judge/advice.js';
import { FIDELITY } from './judge/fidelity.js';
import { dumpEvidence, javaSentence, unknownOwner } from './judge/java-lock.js';
import { isGiven, missingOf, type Given } from './judge/needs.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument } from './cause.js';

interface Figures {
  readonly threads: number;
  /** Of the threads' time, on average. */
  readonly share: number;
  /** When any of them waited. */
  readonly times: Intervals;
  /** The holder's name, its number, and both. */
  readonly name: string;
  readonly pid: number;
  readonly holder: string;
  /** Of that time: the share in which the holder was in I/O, and in which it ran. */
  readonly inIo: number;
  readonly running: number;
  /** The share in which it waited at a socket. */
  readonly atSocket: number;
  /** Where wake-ups tell it. */
  readonly convoy?: Convoy;
  /** Where thread dumps do. */
  readonly java?: { readonly lock: JavaLock; readonly holder: JavaHolder };
}

function byWakeUps(convoy: Convoy, { account, input }: Measures): Figures {
  const name = threadName(input, convoy.holder) || (account?.name ?? '');
  return {
    threads: convoy.waiting.size,
    share: shareOfConvoy(convoy),
    times: convoy.times,
    name,
    pid: convoy.holder,
    holder: `${name} (${convoy.holder})`,
    inIo: convoy.holderInIo,
    running: convoy.holderRunning,
    // What a thread polls that nobody asked is not known.
    atSocket: 0,
    convoy,
  };
}

/** What wake-ups say of the same holder goes with it; of another one they speak of another lock. */
function byDumps(lock: JavaLock, holder: JavaHolder, convoy: Convoy | undefined): Figures {
  const { name } = holder.thread;
  return {
    threads: lock.lock.waiters.length,
    share: lock.share,
    times: lock.times,
    name,
    pid: holder.task,
    holder: `${name} (${holder.task})`,
    inIo: holder.inIo,
    running: holder.running,
    atSocket: holder.atSocket,
    ...(convoy?.holder === holder.task && { convoy }),
    java: { lock, holder },
  };
}

/** What the holder mostly waited for. */
function isForNetwork({ inIo, atSocket }: Figures): boolean {
  return atSocket > inIo;
}

/** '97 % in I/O, 2.9 % running or ready to' */
function meanwhile({ inIo, atSocket, running }: Figures): Said {
  const rest = said`${part(running)} running or ready to`;
  return atSocket > 0
    ? said`${part(inIo)} in I/O, ${part(atSocket)} waiting at a socket, ${rest}`
    : said`${part(inIo)} in I/O, ${rest}`;
}

function evidence(figures: Figures): Argument[] {
  const { convoy, java, threads, share, times, holder } = figures;
  const source =
    java && !convoy ? 'thread dumps, and what the threads did when they were taken' : FIDELITY.events.waits;
  return [
    {
      measure: 'waiting for a lock in user space',
      value: said`${time(total(times))}, ${part(share)} of each of ${number(threads)} threads’ time`,
      meaning: convoy
        ? `${convoy.waits} waits in futex, each ended by another thread of the process`
        : 'the waits in which dumps show it',
      source: convoy ? `${source}, sched_waking` : source,
    },
    ...(java ? dumpEvidence(java.lock) : []),
    ...(convoy
      ? [
          {
            measure: 'who woke them',
            value: said`${holder}, ${number(convoy.releases)} times of ${number(convoy.waits)}`,
            meaning: 'whoever ends a wait for a lock held it',
            source: 'sched:sched_waking',
          },
        ]
      : []),
    {
      measure: 'the holder meanwhile',
      value: meanwhile(figures),
      meaning: isForNetwork(figures)
        ? 'the lock is held until the other end answers: all who need it are as slow as that'
        : 'the lock is held during I/O: all who need it are as slow as that',
      source: FIDELITY.events.waits,
    },
  ];
}

/** In which methods it is held, of a JVM that has not ended; and what to do until it no longer is. */
function diskAdvice({ java }: Figures, { input, account }: Given<'victim'>): (Advice | string)[] {
  const release = 'Don’t hold the lock during I/O: copy what is to be written, release the lock, then write.';
  return [
    java && isThere(input, account.pid)
      ? advise`${release} ${look(`iowitness threads --pid ${account.pid}`)} shows in which methods it is held now.`
      : release,
    'Until then look at what holds up the holder: its own cause is told below.',
  ];
}

/** Whom the holder waits for, where its dumps and the kernel tell. */
function networkAdvice({ java }: Figures): (Advice | string)[] {
  const peer = java?.holder.does?.kernel?.peer;
  const answers =
    peer?.process === null || peer === null || peer === undefined
      ? `Until then look at the other end${peer ? `, ${peer.address},` : ''} and the network between: no disk of this machine keeps the holder waiting.`
      : advise`Until then look at what keeps ${peerName(peer)} from answering: ${look(`iowitness record --pid ${peer.process.pid}`)}.`;
  return [
    'Don’t hold the lock while a request is under way: send it, and take the lock when the answer has come; and set a time limit for the answer.',
    answers,
  ];
}

export const cause = defineCause({
  id: 'app.lock-convoy',
  layer: 'application',
  rank: 'verdict',
  proof: 'convoy',
  waits: ['user-lock'],
  needs: ['victim'],
  judge(measures) {
    const { convoy, javaLock } = measures;
    const figures = javaLock?.holder
      ? byDumps(javaLock, javaLock.holder, convoy)
      : convoy && byWakeUps(convoy, measures);
    if (!figures) {
      if (javaLock) return notChecked(unknownOwner(javaLock));
      if (!isGiven(measures, ['sleeps'])) return notChecked(missingOf(measures, ['sleeps']));
      return ruledOut('no two threads of it wait for a third');
    }
    const { threads, share, holder, inIo, atSocket, running, times } = figures;
    const held = inIo + atSocket;
    if (share < JUDGING.noticeable || held < LOCK_CONVOY.leastInIo)
      return ruledOut(
        `${threads} threads waited for locks ${percent(share)} of their time, while ${holder}, which ${figures.java ? 'has the lock' : 'woke them'}, was in I/O for ${percent(held)} of it and ran for ${percent(running)}`,
      );
    const confidence = ramp(held, { from: LOCK_CONVOY.leastInIo, ...LOCK_CONVOY.sure });
    const isGlimpsed = figures.java !== undefined && !figures.convoy;
    return holds({ share, confidence, before: 'all', isHabit: true, lost: times, isGlimpsed }, figures);
  },
  tell: (figures: Figures, m) => ({
    sentence: figures.java
      ? javaSentence(figures.java.lock, figures.java.holder)
      : `${figures.threads} threads wait for a lock (${percent(figures.share)} of their time) that thread ${figures.holder} holds while it waits for its own I/O.`,
    yardstick: {
      measure: 'threads behind the lock',
      value: said`${number(figures.threads)}`,
      against: isForNetwork(figures)
        ? `its holder waited at a socket for ${percent(figures.atSocket)} of that`
        : `its holder was in I/O for ${percent(figures.inIo)} of that`,
    },
    culprit: { kind: 'process', name: figures.name, pid: figures.pid },
    evidence: evidence(figures),
    advice: isForNetwork(figures) ? networkAdvice(figures) : diskAdvice(figures, m),
  }),
});
