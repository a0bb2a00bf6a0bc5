// The victim asks for durability after every small write, and spends its time waiting for that, although the device answers as it should.
// Told from a slow device by service time, and from somebody else's commits by whose syncs they are.

import { intersect, type Intervals, total } from '../base/intervals.js';
import { isThere } from '../analysis/machine/processes.js';
import { binary, percent } from '../base/format.js';
import { shellWord } from '../base/shell.js';
import type { Advice } from '../model/diagnosis.js';
import { frequency, memory, number, said, time } from '../model/quantity.js';
import { SYNC_WRITES } from '../model/thresholds/application.js';
import { advise, look } from './judge/advice.js';
import {
  asksItself,
  durabilityOf,
  eachMs,
  eachTakes,
  mountsOfVictim,
  ownTimes,
  serviceTime,
  syncMountOf,
  waitingFor,
  type Durability,
} from './judge/durability.js';
import { doubtOfOthers } from './judge/doubts.js';
import { FIDELITY } from './judge/fidelity.js';
import type { Given } from './judge/needs.js';
import { diskName } from './judge/judgements.js';
import { unaskedOf } from './judge/unasked.js';
import { defineCause, holds, notChecked, ramp, ruledOut, type Argument, type Refused } from './cause.js';

type Victim = Given<'victim' | 'disk'>;

interface Figures {
  readonly found: Durability;
  readonly times: Intervals;
  /** Of the victim's time. */
  readonly share: number;
  /** How often, how much and how long, in words. */
  readonly words: string;
  /** What may ask as well as the program, in words; undefined where the program was seen to ask. */
  readonly orBy: string | undefined;
}

/** Counters show flushes and waits, not who asked for them: unless a file of its own was opened for durable writing, its attribute may. */
function otherAsker(m: Victim, found: Durability): string | undefined {
  if (m.account.source !== 'samples' || asksItself(m, found)) return undefined;
  const dirsync = mountsOfVictim(m).find(({ options }) => options.split(',').includes('dirsync'));
  return dirsync
    ? `dirsync, with which ${dirsync.mountPoint} is mounted, where it makes and renames files`
    : 'the attribute S or D of its files or their folder (chattr +S, +D)';
}

/** How to find out who asks: a file of its own stands for the others. */
function whoAsks({ account, input, disk, topology }: Victim): Advice {
  const mine = input.files.find(
    ({ pid, readOnly, path }) =>
      pid === account.pid && readOnly !== true && topology.diskOfPath(path) === disk && !path.endsWith(' (deleted)'),
  );
  const attributes = look(`lsattr -d ${mine ? shellWord(mine.path) : 'FILE FOLDER'}`);
  const calls = look(
    `strace -f -c -e trace=fsync,fdatasync,sync_file_range,msync -p ${isThere(input, account.pid) ? account.pid : 'PID'}`,
  );
  return advise`Find out who asks: ${calls} counts its own calls for durability, and ${attributes} shows S or D where files ask.`;
}

/** Whether the disk is told to keep nothing back from a flush. */
function writeCache({ topology, disk }: Victim): Advice {
  const cache = look(`cat /sys/block/${topology.name(disk)}/queue/write_cache`);
  return advise`A disk whose write cache survives a power cut answers flushes at once. ${cache} says “write through” where flushes are left out already.`;
}

/** Why that is not what sets its pace; undefined where it does. */
function objection(m: Victim, { found, share, words }: Figures, perSecond: number): Refused | undefined {
  if (share < SYNC_WRITES.leastShare || perSecond < SYNC_WRITES.leastPerSecond) return ruledOut(words);
  if (Number.isNaN(found.bytesEach))
    return notChecked(`it asked for durability ${found.count} times, and how much it wrote was not recorded`);
  if (found.bytesEach > SYNC_WRITES.smallBytes) return ruledOut(words);
  // That each sync takes what the disk needs can't be said where the disk may have made it wait for others.
  const doubt = m.account.source === 'samples' ? doubtOfOthers(m) : undefined;
  if (doubt !== undefined) return notChecked(`${words}; but ${doubt}`);
  const others = [...(m.syncs?.others.values() ?? [])].reduce((a, b) => a + b, 0);
  return others > SYNC_WRITES.outnumbered * found.count
    ? ruledOut(`${words}; but others asked ${others} times, against its own ${found.count}`)
    : undefined;
}

function sentence({ found, times, words, orBy }: Figures, m: Victim): string {
  const disk = diskName(m);
  const each = `${eachTakes(found, times)}, which is what ${disk} needs`;
  if (orBy === undefined) return `The process makes every small write durable before the next: ${words}; ${each}.`;
  return `Every small write of the process is made durable before the next: ${words}; ${each}. By its own calls or by ${orBy}: counters alone can’t tell.`;
}

function evidence({ found, times }: Figures, m: Victim): Argument[] {
  const { shownBy } = found;
  return [
    waitingFor(found, times, m),
    {
      measure: m.account.source === 'samples' ? 'flushes' : 'syncs',
      value: said`${number(found.count)}, ${memory(found.bytesEach)} each`,
      meaning: `small writes, each made durable by itself${shownBy === undefined ? '' : ` (${shownBy})`}: their number sets the pace, not the bytes`,
      source: found.source,
    },
    ...serviceTime(m),
  ];
}

export const cause = defineCause({
  id: 'app.sync-writes',
  layer: 'application',
  rank: 'verdict',
  proof: 'latency',
  waits: ['journal', 'block-device'],
  needs: ['victim', 'disk'],
  fromRequests: true,
  judge(m) {
    const { account } = m;
    if (m.input.victims.some(({ pid, role }) => pid === account.pid && role === 'probe'))
      return ruledOut('the probe writes durably on purpose, to measure that');
    const found = durabilityOf(m);
    if ('kind' in found) return found;
    if (found.count === 0) return ruledOut('it never asked for durability');
    const mount = syncMountOf(m);
    if (mount && !asksItself(m, found))
      return ruledOut(`${mount.mountPoint} is mounted with sync, and it does not ask for durability itself`);
    const unasked = unaskedOf(m);
    if (unasked && 2 * total(intersect(found.times, unasked.writes)) > total(found.times))
      return ruledOut('most of what it waited for is made durable without being asked for: its files ask, and not it');
    const wall = account.to - account.from;
    const times = ownTimes(m, found.times);
    const share = total(times) / wall;
    const perSecond = (found.count * 1000) / wall;
    // A sync may take more than one flush, and counters have only these.
    const what = account.source === 'samples' ? `${diskName(m)} was flushed` : 'it asked for durability';
    const words = `${what} ${String(frequency(perSecond))} times a second, after ${binary(found.bytesEach)} each, and it waited for that ${percent(share)} of its time`;
    const figures = { found, times, share, words, orBy: otherAsker(m, found) };
    const against = objection(m, figures, perSecond);
    if (against) return against;
    const confidence =
      ramp(share, { from: SYNC_WRITES.leastShare, ...SYNC_WRITES.sure }) *
      FIDELITY[account.source].ofDevice *
      (figures.orBy === undefined ? 1 : SYNC_WRITES.unseenAsker);
    return holds({ share, confidence, isHabit: true, lost: times }, figures);
  },
  tell: (figures, m) => ({
    sentence: sentence(figures, m),
    yardstick: {
      measure: m.account.source === 'samples' ? 'each flush' : 'each sync',
      value: said`${time(eachMs(figures.found, figures.times))}`,
      against: `after ${binary(figures.found.bytesEach)} written`,
    },
    culprit: figures.orBy === undefined ? { kind: 'process', name: m.account.name, pid: m.account.pid } : null,
    evidence: evidence(figures, m),
    ...(figures.orBy !== undefined && { decidedBy: whoAsks(m) }),
    advice: [
      ...(figures.orBy === undefined ? [] : [whoAsks(m)]),
      'Gather several writes for one sync (group commit), if losing the last few milliseconds is acceptable.',
      writeCache(m),
    ],
  }),
});
